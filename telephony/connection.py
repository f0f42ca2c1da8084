"""One call on one carrier's stream: accept, receive → codec → call, frames → codec → send. It decides nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from kit.clock import Clock
from kit.errors import AntiphonError, ProtocolError
from pipeline.frames.audio import AudioIn
from pipeline.frames.control import DtmfPressed, PeerGone, Played
from telephony.leg import CarrierLeg
from telephony.media_order import MediaOrder
from telephony.messages import Dtmf, Hold, Mark, Media, Received, Start, Stop
from telephony.sockets import MediaSocket
from telephony.sound import SoundCoder
from telephony.wire import Carrier, Wire
from transports.live import LiveCalls
from transports.ports import Call, CallFactory, CallRequest

START_WITHIN_S = 10.0
CLOSE_WITHIN_S = 5.0
_KEYS = frozenset("0123456789*#")
_CODES = {"capacity.full": 1013}
_REFUSED_KINDS = ("flow.", "auth.", "telephony.")  # who is refused for these is not to try again
_ENDED, _VIOLATION, _INTERNAL, _STOPPING = 1000, 1008, 1011, 1012

log = structlog.get_logger(__name__)

Admit = Callable[[Start], Awaitable[CallRequest]]
"""Say whose call a stream is, now that it has started; an `AntiphonError` refuses it."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What all streams of this server share."""

    calls: CallFactory
    live: LiveCalls
    clock: Clock


class MediaConnection:
    """One carrier's connection from its acceptance to its close."""

    def __init__(self, socket: MediaSocket, carrier: Carrier, exchange: Exchange) -> None:
        self._socket, self._codec, self._traits = socket, carrier.new_codec(), carrier.traits
        self._calls, self._live, self._clock = exchange.calls, exchange.live, exchange.clock
        self._order = MediaOrder()
        self._leg: CarrierLeg  # these two from the start of the stream on, which tells its rate
        self._coder: SoundCoder
        self._call: Call | None = None
        self._end_reason: str | None = None
        self._bad_frames = 0
        self._last_heard_s = self._clock.now_s()

    async def serve(self, admit: Admit) -> None:
        """Accept, wait for the stream to start, run the call that `admit` says to its end, close."""
        self._live.add(self)
        try:
            await self._socket.accept()
            start = await self._started()
            code = _VIOLATION if start is None else await self._run(start, admit)
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._hang_up()
                await self._socket.close(code)
        except (TimeoutError, OSError):
            log.debug("carrier_lost", carrier=self._traits.carrier)
        finally:
            self._live.remove(self)

    def end(self, reason: str) -> None:
        """End the call now; a second call changes nothing."""
        self._end_reason = self._end_reason or reason
        if self._call is not None:
            self._call.end(self._end_reason)

    async def _started(self) -> Start | None:
        try:
            async with asyncio.timeout(START_WITHIN_S):
                while (wire := await self._next()) is not None:
                    for message in self._decode(wire):
                        if isinstance(message, Start):
                            return message
        except TimeoutError:
            log.info("stream_never_started", carrier=self._traits.carrier, bad_frames=self._bad_frames)
        return None

    async def _run(self, start: Start, admit: Admit) -> int:
        self._coder = SoundCoder(start.sound)
        self._leg = CarrierLeg(self._codec, self._traits, start.sound, self._clock, lambda: self.end("peer_too_slow"))
        told = {"carrier": self._traits.carrier, "carrier_call": start.call_id}
        try:
            request = await admit(start)
            metadata = {**start.parameters, **told, **request.metadata}
            request = replace(request, metadata=metadata, transport=self._traits.carrier)
            with structlog.contextvars.bound_contextvars(call_id=request.call_id):
                return await self._talk(await self._calls.place(request, self._leg))
        except AntiphonError as error:
            log.warning("call_refused", carrier=self._traits.carrier, code=error.code)
            refused = error.code.startswith(_REFUSED_KINDS)
            return _CODES.get(error.code, _VIOLATION if refused else _INTERNAL)
        except Exception:  # a call ends here: nothing of it may reach the others
            log.exception("call_crashed")
            return _INTERNAL

    async def _talk(self, call: Call) -> int:
        self._call = call
        if self._end_reason is not None:
            call.end(self._end_reason)
        works = [self._write(), self._read()]
        if self._traits.silent_line_s is not None:
            works.append(self._watch(self._traits.silent_line_s))
        if self._leg.pieces is not None:
            works.append(self._leg.send_tails())
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(work) for work in works]
            report = await call.run()
            for helper in helpers:
                helper.cancel()
        order = self._order
        log.info("stream_ended", bad_frames=self._bad_frames, missing=order.missing, unordered=order.unordered)
        return {"internal": _INTERNAL, "server_stopping": _STOPPING, "peer_too_slow": _VIOLATION}.get(
            report.end_reason, _ENDED
        )

    async def _hang_up(self) -> None:
        last = self._codec.hang_up() if self._call is not None else None
        if last is not None:
            await self._socket.send(last)

    async def _write(self) -> None:
        outbox = self._leg.outbox
        while True:
            item = await outbox.first()
            if item.generation is not None and not self._leg.has_room.is_set():
                await self._leg.has_room.wait()
                continue  # what was first may have been dropped
            try:
                await self._socket.send(item.wire)
            except OSError:
                return self._lose_peer()
            outbox.sent(item)

    async def _read(self) -> None:
        while (wire := await self._next()) is not None:
            for message in self._decode(wire):
                self._take(message)
        self._lose_peer()

    async def _watch(self, silent_line_s: float) -> None:
        """End a call whose carrier has fallen silent: half-open sockets say nothing."""
        silent_s = 0.0
        while silent_s < silent_line_s:
            await asyncio.sleep(silent_line_s - silent_s)
            silent_s = self._clock.now_s() - self._last_heard_s
        log.warning("carrier_silent")
        self._lose_peer()

    async def _next(self) -> Wire | None:
        wire = await self._socket.receive()
        self._last_heard_s = self._clock.now_s()
        return wire

    def _decode(self, wire: Wire) -> list[Received]:
        try:
            return self._codec.receive(wire)
        except ProtocolError as error:
            self._bad_frames += 1
            log.debug("bad_frame", code=error.code)
            return []

    def _take(self, message: Received) -> None:
        assert self._call is not None, "read while the call runs"
        match message:
            case Media(payload, chunk):
                missing = self._order.take(chunk)
                if missing is not None:
                    lost = self._coder.silence * (missing * len(payload) // len(self._coder.silence))
                    self._call.receive(AudioIn(self._coder.decode(lost + payload if lost else payload)))
            case Mark(name):
                pos_samples = self._leg.marks.echoed(name)
                if pos_samples is not None:
                    self._call.receive(Played(pos_samples))
            case Dtmf(digit):
                if digit in _KEYS:
                    self._call.receive(DtmfPressed(digit))
            case Hold(on):
                (self._leg.has_room.clear if on else self._leg.has_room.set)()
            case Stop():
                self._lose_peer()
            case Start():
                return  # codecs refuse a second one

    def _lose_peer(self) -> None:
        if self._call is not None:
            self._call.receive(PeerGone())
