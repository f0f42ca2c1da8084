"""The carriers of one call, one after another: a broken one is waited for, who comes back takes over (pvp.md §7)."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import structlog

from transports.carrier import Carrier, Peer, PeerLost
from transports.pvp.codec import Wire, encode_server
from transports.pvp.leg import PvpLeg
from transports.pvp.messages import ServerMessage
from transports.sound_switch import SoundSwitch

log = structlog.get_logger(__name__)


class _Held:
    """A carrier, and whether anybody will use it any more."""

    def __init__(self, carrier: Carrier, last_seq: int | None = None) -> None:
        self.carrier = carrier
        self.last_seq = last_seq
        self.was_used = False
        self.done = asyncio.Event()


class Carriers:
    """Carries a call's messages over one carrier at a time.

    Attributes:
        greeting: Said first on each WebSocket, and on each carrier that comes back.
    """

    def __init__(
        self, first: Carrier, leg: PvpLeg, switch: SoundSwitch, resume_s: float, take: Callable[[Wire], None]
    ) -> None:
        """Prepare.

        Args:
            first: Not accepted yet.
            leg: What is carried.
            switch: Which wire carries the sound.
            resume_s: How long a call waits for another carrier when its own breaks.
            take: Gets what comes.
        """
        self.greeting: Sequence[ServerMessage] = ()
        self._held = self._newest = _Held(first)
        self._leg = leg
        self._outbox = leg.outbox
        self._switch = switch
        self._resume_s = resume_s
        self._take = take
        self._next: _Held | None = None  # came to go on with the call
        self._came = asyncio.Event()
        self._joined: _Held | None = None
        self._is_away = False

    @property
    def current(self) -> Carrier:
        """Return the one that carries the messages now, or did last."""
        return self._held.carrier

    @property
    def is_away(self) -> bool:
        """Whether the carrier broke and the call waits for another."""
        return self._is_away and self._next is None

    @property
    def can_be_replaced(self) -> bool:
        """Whether calls of this kind outlive a carrier."""
        return self._resume_s > 0

    async def resume(self, carrier: Carrier, last_seq: int | None = None) -> bool:
        """Go on with another carrier; returns when that one is done with.

        Args:
            carrier: Not accepted yet.
            last_seq: The newest message that the client has seen; None: it knows nothing any more.

        Returns:
            False if the call ended at that moment, or yet another took this place; the carrier is as it was.
        """
        held = _Held(carrier, last_seq)
        if self._next is not None:
            self._next.done.set()
        self._next = self._newest = held
        self._came.set()
        await held.done.wait()
        return held.was_used

    def join(self, peer: Peer, last_seq: int | None = None) -> bool:
        """Let `peer` carry the sound of this call once it is connected; the messages stay where they are.

        Args:
            peer: Not connected yet.
            last_seq: The newest message that the client has seen, for when the messages have to follow.

        Returns:
            False if that cannot be; whoever brought the peer closes it.
        """
        self._joined = _Held(peer, last_seq)
        return self._switch.join(peer)

    async def greet(self) -> bool:
        """Accept the current one and say the greeting; False if it has gone."""
        carrier = self._held.carrier
        try:
            await carrier.accept()
            for message in self.greeting:
                await carrier.send(encode_server(message))
        except PeerLost:
            return False
        self._switch.begin(carrier)
        return True

    def finish(self) -> None:
        """The call is over: nobody waits any more for a carrier to be done with."""
        self._newest.done.set()

    async def attend(self, goes_on: Callable[[], bool]) -> None:
        """Carry the call on one carrier after another, until none comes, or `goes_on` says that none is needed."""
        while True:
            await self._exchange()
            self._held.done.set()
            if not (goes_on() and (await self._follow_sound() or await self._regain())):
                return await self._held.carrier.abandon()

    async def _exchange(self) -> None:
        """Read and write until the carrier is gone, or another takes its place."""
        async with asyncio.TaskGroup() as group:
            parts = [group.create_task(work) for work in (self._write(), self._read())]
            parts.append(group.create_task(self._await_next()))
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in parts:
                part.cancel()

    async def _await_next(self) -> None:
        await self._came.wait()

    async def _follow_sound(self) -> bool:
        """Go on with a peer that carries the sound already; False if there is none."""
        peer = self._switch.release() if self._next is None else None
        if peer is None:
            return False
        await self._held.carrier.abandon()
        joined = self._joined if self._joined is not None and self._joined.carrier is peer else _Held(peer)
        self._held = joined
        self._switch.begin(peer)
        with contextlib.suppress(PeerLost):  # then it is lost again at once
            await peer.accept()
        if joined.last_seq is not None:
            self._outbox.speak_again(joined.last_seq)
        return True

    async def _regain(self) -> bool:
        """Go on with a carrier that has come, or that comes in time; False if none does."""
        left = self._held.carrier
        comes = None if self._next is None else self._next.carrier
        keeps_sound = comes is not None and comes.wire is None and self._switch.is_with_peer
        if not keeps_sound or left.wire is None:
            await left.abandon()
        if self._next is None and (left.said_goodbye or not self.can_be_replaced):
            return False
        log.info("carrier_lost", carrier=left.name)
        if not keeps_sound:
            self._switch.lose()
            self._leg.move(None)
            self._outbox.go_silent()
        if not await self._next_in_time():
            return False
        assert self._next is not None, "it has come"
        before, self._held, self._next = self._held, self._next, None
        self._held.was_used = True
        self._came.clear()
        if await self.greet():
            log.info("carrier_regained", carrier=self._held.carrier.name)
            self._outbox.speak_again(self._held.last_seq)
            if not keeps_sound:
                self._switch.regain()
        elif keeps_sound:  # gone again before it said a word: on with what there is
            self._held.done.set()
            self._held = before
        return True

    async def _next_in_time(self) -> bool:
        self._is_away = True
        try:
            async with asyncio.timeout(self._resume_s):
                await self._came.wait()
        except TimeoutError:
            return False
        finally:
            self._is_away = False
        return True

    async def _write(self) -> None:
        while True:
            item = await self._outbox.first()
            try:
                await self._held.carrier.send(self._outbox.numbered(item))
            except PeerLost:
                return
            self._outbox.sent(item)

    async def _read(self) -> None:
        carrier = self._held.carrier
        while (data := await carrier.receive()) is not None:
            self._take(data)
