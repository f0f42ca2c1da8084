"""The shell of PVP: accept, receive → codec → call, frames → codec → send, over one carrier after another."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any, assert_never

import structlog

from flows.load import FlowError
from kit.clock import Clock
from kit.errors import AntiphonError, CapacityError, InputError, InsufficientCreditsError, ProtocolError
from pipeline.frames.control import PeerGone
from transports.carrier import Carrier, PeerLost, Peers
from transports.carriers import Carriers
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


class PvpConnection:
    """One caller, from the acceptance of the first carrier to the close of the last.

    Attributes:
        carriers: How others come back to the call, or join it.
    """

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
        self._calls = calls
        self._live = live
        self._clock = clock
        self._leg = PvpLeg(on_overflow=lambda: self.end("peer_too_slow"))
        self._outbox = self._leg.outbox
        self._switch = SoundSwitch(self._leg, clock, peers, self.take_aside)
        self.carriers = Carriers(carrier, self._leg, self._switch, resume_s, self._take)
        self._call: Call | None = None
        self._end_reason: str | None = None
        self._forced: Ending | None = None  # set where the connection, not the call, knows why it ends
        self._peer_gone = False
        self._over = asyncio.Event()
        self._bad_frames = 0
        self._last_heard_s = clock.now_s()

    async def serve(self, request: CallRequest, resume_token: str | None = None) -> None:
        """Accept, run the call to its end, say why it ended, close.

        Args:
            request: What is wanted.
            resume_token: Told to a client that has none of its own, so that it can come back.
        """
        self._live.add(self)
        self._switch.quality = request.quality
        try:
            with structlog.contextvars.bound_contextvars(call_id=request.call_id):
                if await self._open(request.call_id, resume_token):
                    await self._farewell(await self._run(request))
        finally:
            self._live.remove(self)
            self.carriers.finish()
            await self._switch.close()

    async def refuse(self, call_id: str, error: AntiphonError) -> None:
        """Accept, say why there is no call, close."""
        if await self._open(call_id):
            await self._farewell(endings.of_refusal(error))

    @property
    def can_be_resumed(self) -> bool:
        """Whether another carrier could go on with the call, in place of one that has broken, perhaps unnoticed."""
        return self.carriers.can_be_replaced and self._goes_on()

    def mirror(self, put: Callable[[str], object] | None) -> None:
        """Give each message of the call to `put`, too, from now on; None: to nobody any more."""
        self._outbox.mirror = put
        if put is not None:
            for message in self.carriers.greeting:
                put(str(encode_server(message)))

    def _goes_on(self) -> bool:
        return self._call is not None and self._end_reason is None

    def end(self, reason: str) -> None:
        """End the call now; a second call changes nothing."""
        self._end_reason = self._end_reason or reason
        self._over.set()
        if self._call is not None:
            self._call.end(self._end_reason)

    async def _open(self, call_id: str, resume_token: str | None = None) -> bool:
        config = Config(call_id, self._leg.capabilities.rate_out_hz, resume_token=resume_token)
        self.carriers.greeting = (Status("idle"), config)
        if self._outbox.mirror is not None:
            self.mirror(self._outbox.mirror)
        return await self.carriers.greet()

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
        await self.carriers.attend(self._goes_on)
        self._peer_gone = True
        self._over.set()
        if self._call is not None:
            self._call.receive(PeerGone())

    def _take(self, data: Wire) -> None:
        self._last_heard_s = self._clock.now_s()
        if self._forced is not None:
            return
        try:
            message = decode_client(data)
            if message is not None:
                self._answer(message)
        except ProtocolError as error:
            self._complain(error)

    def take_aside(self, data: Wire) -> str | None:
        """Take a message that comes beside the carrier: of a peer that carries only sound, or of a control socket.

        Returns:
            What is to be answered there.
        """
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

    async def _farewell(self, ending: Ending) -> None:
        carrier = self.carriers.current
        try:
            if not self._peer_gone:
                async with asyncio.timeout(FAREWELL_S):
                    await self._say_goodbye(carrier, ending)
        except (TimeoutError, PeerLost):
            log.debug("peer_lost_at_farewell")
        finally:
            await carrier.abandon()

    async def _say_goodbye(self, carrier: Carrier, ending: Ending) -> None:
        while len(self._outbox) and not self._outbox.overflowed:
            item = await self._outbox.first()
            await carrier.send(self._outbox.numbered(item))
            self._outbox.sent(item)
        if ending.error is not None and ending.error.code not in self._outbox.said_errors:
            await carrier.send(encode_server(ending.error))
        if ending.says_ended and not self._outbox.said_ended:
            await carrier.send(encode_server(Status("ended")))
        await carrier.close(ending.code)


def _findings(error: InputError) -> tuple[dict[str, Any], ...]:
    """Return the findings of a flow's check as JSON values."""
    return tuple(dataclasses.asdict(each) for each in error.findings) if isinstance(error, FlowError) else ()
