"""The shell of PVP: accept, receive → codec → call, frames → codec → send, over one carrier after another."""

import asyncio
import contextlib
import dataclasses
from typing import Any, assert_never

import structlog

from flows.load import FlowError
from kit.clock import Clock
from kit.errors import AntiphonError, CapacityError, InputError, InsufficientCreditsError, ProtocolError
from pipeline.frames.control import PeerGone
from transports.carrier import Carrier, Peer, PeerLost, Peers
from transports.live import LiveCalls
from transports.ports import Call, CallFactory, CallRequest
from transports.pvp import endings
from transports.pvp.codec import Wire, decode_client, encode_server
from transports.pvp.endings import Ending
from transports.pvp.leg import PvpLeg
from transports.pvp.messages import (
    Audio,
    ClientConfig,
    ClientMessage,
    Config,
    Downgrade,
    Dtmf,
    Error,
    Ping,
    Pong,
    Status,
    UiEvent,
    UpgradeComplete,
    UpgradeIce,
    UpgradeOffer,
)
from transports.pvp.translate import to_frame
from transports.sound_switch import SoundSwitch

MAX_BAD_FRAMES = 50
NOBODY_S = 120.0  # without any message on a connection that has no call
FAREWELL_S = 5.0  # for what is still to be sent when the call is over

log = structlog.get_logger(__name__)


class _Held:
    """A carrier, and whether anybody will use it any more."""

    def __init__(self, carrier: Carrier, last_seq: int | None = None) -> None:
        self.carrier = carrier
        self.last_seq = last_seq
        self.done = asyncio.Event()


class PvpConnection:
    """One caller, from the acceptance of the first carrier to the close of the last."""

    def __init__(
        self,
        carrier: Carrier,
        calls: CallFactory,
        live: LiveCalls,
        clock: Clock,
        *,
        resume_s: float = 0.0,
        peers: Peers | None = None,
    ) -> None:
        """Prepare.

        Args:
            carrier: Not accepted yet.
            calls: Places the call.
            live: What a shutdown waits for.
            clock: Tells the time.
            resume_s: How long a call waits for another carrier when its own breaks.
            peers: Where a call on a WebSocket finds WebRTC; None: nowhere.
        """
        self._held = self._newest = _Held(carrier)
        self._resume_s = resume_s
        self._away: asyncio.Future[_Held] | None = None
        self._calls = calls
        self._live = live
        self._clock = clock
        self._leg = PvpLeg(on_overflow=lambda: self.end("peer_too_slow"))
        self._outbox = self._leg.outbox
        self._switch = SoundSwitch(self._leg, clock, peers, self._take_aside)
        self._call: Call | None = None
        self._end_reason: str | None = None
        self._forced: Ending | None = None  # set where the connection, not the call, knows why it ends
        self._peer_gone = False
        self._over = asyncio.Event()
        self._bad_frames = 0
        self._greeting: tuple[Status, Config] | None = None
        self._last_heard_s = clock.now_s()

    async def serve(self, request: CallRequest) -> None:
        """Accept, run the call to its end, say why it ended, close."""
        self._live.add(self)
        self._switch.quality = request.quality
        try:
            with structlog.contextvars.bound_contextvars(call_id=request.call_id):
                if await self._open(request.call_id):
                    await self._farewell(await self._run(request))
        finally:
            self._live.remove(self)
            self._newest.done.set()

    async def refuse(self, call_id: str, error: AntiphonError) -> None:
        """Accept, say why there is no call, close."""
        if await self._open(call_id):
            await self._farewell(endings.of_refusal(error))

    @property
    def is_away(self) -> bool:
        """Whether the carrier broke and the call waits for another."""
        return self._away is not None and not self._away.done()

    async def resume(self, carrier: Carrier, last_seq: int | None = None) -> bool:
        """Go on with another carrier while `is_away`; returns when that one is done with.

        Args:
            carrier: Not accepted yet.
            last_seq: The newest message that the client has seen; None: it knows nothing any more.

        Returns:
            False if the call ended at that moment; the carrier is as it was.
        """
        assert self._away is not None
        held = _Held(carrier, last_seq)
        self._away.set_result(held)  # before the first wait: nobody else takes this place
        self._newest = held
        await held.done.wait()
        return held is self._held

    def join(self, peer: Peer) -> None:
        """Let `peer` carry the sound of this call once it is connected; the messages stay where they are."""
        self._switch.join(peer)

    def end(self, reason: str) -> None:
        """End the call now; a second call changes nothing."""
        self._end_reason = self._end_reason or reason
        self._over.set()
        if self._call is not None:
            self._call.end(self._end_reason)

    async def _open(self, call_id: str) -> bool:
        self._greeting = (Status("idle"), Config(call_id, self._leg.capabilities.rate_out_hz))
        return await self._greet()

    async def _greet(self) -> bool:
        carrier = self._held.carrier
        try:
            await carrier.accept()
            for message in self._greeting or ():
                await carrier.send(encode_server(message))
        except PeerLost:
            return False
        self._switch.begin(carrier)
        return True

    async def _run(self, request: CallRequest) -> Ending:
        try:
            try:
                call = await self._calls.place(request, self._leg)
            except (CapacityError, InsufficientCreditsError) as error:
                return endings.of_refusal(error)
            except InputError as error:
                return await self._stay(endings.flow_error(error, request.flow or "assistant", _findings(error)))
            return await self._talk(call)
        except Exception:  # a call ends here: nothing of it may reach the others
            log.exception("call_crashed")
            return endings.INTERNAL

    async def _talk(self, call: Call) -> Ending:
        self._call = call
        self._switch.hear = call.receive
        if self._end_reason is not None:
            call.end(self._end_reason)
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(work) for work in (self._attend(), self._switch.run())]
            report = await call.run()
            for helper in helpers:
                helper.cancel()
        return self._forced or endings.of_call(report.end_reason)

    async def _stay(self, error: Error) -> Ending:
        """Keep a connection that has no call until its client goes; a shutdown does not wait for it."""
        self._live.remove(self)
        self._outbox.put(error)
        async with asyncio.TaskGroup() as group:
            exchanging = group.create_task(self._attend())
            while not self._over.is_set() and self._clock.now_s() < self._last_heard_s + NOBODY_S:
                try:
                    async with asyncio.timeout_at(self._last_heard_s + NOBODY_S):
                        await self._over.wait()
                except TimeoutError:
                    continue  # something may have been heard meanwhile
            exchanging.cancel()
        if self._forced is not None:
            return self._forced
        return endings.of_call(self._end_reason or "idle")

    async def _attend(self) -> None:
        """Carry the call on one carrier after another, until none comes."""
        while True:
            await self._exchange()
            await self._held.carrier.abandon()
            if not await self._regain():
                return self._lose_peer()

    async def _exchange(self) -> None:
        """Read and write until the carrier is gone."""
        async with asyncio.TaskGroup() as group:
            halves = (group.create_task(self._write()), group.create_task(self._read()))
            await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
            for half in halves:
                half.cancel()

    async def _regain(self) -> bool:
        """Go on with a peer that carries the sound already, else wait for another carrier."""
        self._held.done.set()
        peer = self._switch.release()
        if peer is not None and self._call is not None and self._end_reason is None:
            self._held = _Held(peer)
            self._switch.begin(peer)
            with contextlib.suppress(PeerLost):  # then it is lost again at once
                await peer.accept()
            return True
        goodbye = self._held.carrier.said_goodbye
        if self._resume_s <= 0 or self._call is None or goodbye or self._end_reason is not None:
            return False
        self._away = asyncio.get_running_loop().create_future()
        log.info("carrier_lost", carrier=self._held.carrier.name)
        self._switch.lose()
        self._leg.move(None)
        self._outbox.go_silent()
        try:
            async with asyncio.timeout(self._resume_s):
                self._held = await self._away
        except TimeoutError:
            return False
        finally:
            self._away.cancel()
        log.info("carrier_regained", carrier=self._held.carrier.name)
        if await self._greet():
            self._outbox.speak_again(self._held.last_seq)
            self._switch.regain()
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
            self._last_heard_s = self._clock.now_s()
            if self._forced is None:
                self._take(data)

    def _take(self, data: Wire) -> None:
        try:
            message = decode_client(data)
            if message is not None:
                self._answer(message)
        except ProtocolError as error:
            self._complain(error)

    def _take_aside(self, data: Wire) -> str | None:
        """Take a message of the peer that carries only sound; return what is to be answered there."""
        try:
            message = decode_client(data)
        except ProtocolError as error:
            self._complain(error)
            return None
        if isinstance(message, Ping):
            return str(encode_server(self._pong(message)))
        if isinstance(message, UiEvent | Dtmf):
            self._answer(message)
        return None

    def _answer(self, message: ClientMessage) -> None:
        match message:
            case Ping():
                self._outbox.put(self._pong(message))
            case UpgradeOffer() | UpgradeIce() | UpgradeComplete() | Downgrade():
                self._switch.ask(message)
            case Audio() | ClientConfig():
                frame = to_frame(message)
                if frame is not None:
                    self._switch.take_in(frame)
            case UiEvent() | Dtmf():
                frame = to_frame(message)
                if frame is not None and self._call is not None:
                    self._call.receive(frame)
            case _:
                assert_never(message)
        self._mind_overflow()

    def _pong(self, ping: Ping) -> Pong:
        return Pong(ping.ts, int(self._clock.utc().timestamp() * 1000))

    def _complain(self, error: ProtocolError) -> None:
        if error.code == "protocol.too_large":
            return self._force(endings.too_large(error))
        self._outbox.put(Error(str(error), error.code))
        self._mind_overflow()
        self._bad_frames += error.code == "audio.bad_frame"
        if self._bad_frames >= MAX_BAD_FRAMES:
            return self._force(endings.TOO_MANY_BAD_FRAMES)
        return None

    def _mind_overflow(self) -> None:
        if self._outbox.overflowed:
            self._force(endings.PEER_TOO_SLOW, "peer_too_slow")

    def _force(self, ending: Ending, reason: str = "protocol_violation") -> None:
        self._forced = self._forced or ending
        self.end(reason)

    def _lose_peer(self) -> None:
        self._peer_gone = True
        self._over.set()
        if self._call is not None:
            self._call.receive(PeerGone())

    async def _farewell(self, ending: Ending) -> None:
        try:
            if not self._peer_gone:
                await self._say_goodbye(ending)
        finally:
            await self._switch.close()

    async def _say_goodbye(self, ending: Ending) -> None:
        carrier = self._held.carrier
        try:
            async with asyncio.timeout(FAREWELL_S):
                while len(self._outbox) and not self._outbox.overflowed:
                    item = await self._outbox.first()
                    await carrier.send(self._outbox.numbered(item))
                    self._outbox.sent(item)
                if ending.error is not None and ending.error.code not in self._outbox.said_errors:
                    await carrier.send(encode_server(ending.error))
                if ending.says_ended and not self._outbox.said_ended:
                    await carrier.send(encode_server(Status("ended")))
                await carrier.close(ending.code)
        except (TimeoutError, PeerLost):
            log.debug("peer_lost_at_farewell")


def _findings(error: InputError) -> tuple[dict[str, Any], ...]:
    """Return the findings of a flow's check as JSON values."""
    return tuple(dataclasses.asdict(each) for each in error.findings) if isinstance(error, FlowError) else ()
