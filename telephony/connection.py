"""One call on one carrier's stream: accept, receive → codec → call, frames → codec → send. It decides nothing."""

import asyncio
import contextlib
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
from telephony.ports import StreamControl
from telephony.sockets import MediaSocket
from telephony.sound import SoundCoder
from telephony.wire import Carrier, MediaCodec, Wire
from transports.live import LiveCalls
from transports.ports import Call, CallFactory, CallRequest

START_WITHIN_S = 10.0
CLOSE_WITHIN_S = 5.0
_EXPECTED_S = 1.0  # so often is asked whether another stream is still expected
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


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Another stream of a call that was sent away; `done` when nobody will use its socket any more."""

    socket: MediaSocket
    codec: MediaCodec
    control: StreamControl | None
    done: asyncio.Event


class MediaConnection:
    """One carrier's connection from its acceptance to its close.

    Attributes:
        control: Steers the call, and says for how long its stream may be away; None: a stream that stops is over.
    """

    control: StreamControl | None = None

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
        self._arrivals: asyncio.Queue[_Arrival] = asyncio.Queue(1)
        self._arrival: _Arrival | None = None
        self._swapped = asyncio.Event()

    async def serve(self, admit: Admit) -> None:
        """Accept, wait for the stream to start, run the call that `admit` says to its end, close."""
        self._live.add(self)
        try:
            await self._socket.accept()
            start = await self._started(self._socket, self._codec)
            code = _VIOLATION if start is None else await self._run(start, admit)
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._hang_up()
                await self._socket.close(code)
        except (TimeoutError, OSError):
            log.debug("carrier_lost", carrier=self._traits.carrier)
        finally:
            self._live.remove(self)
            for arrival in (self._arrival, None if self._arrivals.empty() else self._arrivals.get_nowait()):
                if arrival is not None:
                    arrival.done.set()

    async def resume(
        self, socket: MediaSocket, codec: MediaCodec, admit: Admit, control: StreamControl | None = None
    ) -> None:
        """Go on with another stream of the call, if it is expected; returns when its socket is done with.

        Args:
            socket: Not accepted yet.
            codec: Of the new stream.
            admit: Refuses a stream that is not of this call.
            control: Of that stream.
        """
        arrival = _Arrival(socket, codec, control, asyncio.Event())
        try:
            await socket.accept()
            start = await self._started(socket, codec)
            if start is not None and self._away_s() > 0 and not self._arrivals.full():
                await admit(start)
                self._arrivals.put_nowait(arrival)
                await arrival.done.wait()
                return
        except OSError:
            return
        except AntiphonError as error:
            log.warning("stream_refused", carrier=self._traits.carrier, code=error.code)
        await _closed(socket, _VIOLATION)

    def end(self, reason: str) -> None:
        """End the call now; a second call changes nothing."""
        self._end_reason = self._end_reason or reason
        if self._call is not None:
            self._call.end(self._end_reason)

    async def _started(self, socket: MediaSocket, codec: MediaCodec) -> Start | None:
        try:
            async with asyncio.timeout(START_WITHIN_S):
                while (wire := await socket.receive()) is not None:
                    for message in self._decode(codec, wire):
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
            if self.control is not None:
                self.control.started(start.call_id)
                self._leg.control = self.control
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
            socket = self._socket
            try:
                await socket.send(item.wire)
            except OSError:
                if self._away_s() <= 0:
                    return self._lose_peer()
                while socket is self._socket:
                    await self._swapped.wait()
            outbox.sent(item)

    async def _read(self) -> None:
        """Read one stream after another, until none comes."""
        while True:
            await self._read_stream()
            if not await self._regain():
                return self._lose_peer()

    async def _read_stream(self) -> None:
        while (wire := await self._next()) is not None:
            for message in self._decode(self._codec, wire):
                if isinstance(message, Stop):
                    return
                self._take(message)

    async def _regain(self) -> bool:
        """Wait for another stream, if we sent the carrier away."""
        away_s = self._away_s()
        if away_s <= 0 or self._end_reason is not None:
            return False
        log.info("stream_away")
        self._leg.go_away()
        arrival = await self._arrival_within()
        if arrival is None:
            return False
        before, self._arrival = self._arrival, arrival
        gone, self._socket, self._codec = self._socket, arrival.socket, arrival.codec
        self._order, self._last_heard_s = MediaOrder(), self._clock.now_s()
        await _closed(gone, _ENDED)
        if before is not None:
            before.done.set()
        self._leg.come_back(arrival.codec)
        self._swapped.set()
        self._swapped.clear()
        assert self.control is not None, "it said that a stream would come"
        self.control.returned(arrival.control)
        log.info("stream_back")
        return True

    async def _arrival_within(self) -> _Arrival | None:
        """Wait for the next stream, for as long as one is expected: that may change meanwhile."""
        while (away_s := self._away_s()) > 0:
            try:
                async with asyncio.timeout(min(away_s, _EXPECTED_S)):
                    return await self._arrivals.get()
            except TimeoutError:
                continue
        return None

    def _away_s(self) -> float:
        return 0.0 if self.control is None else self.control.away_s()

    async def _watch(self, silent_line_s: float) -> None:
        """End a call whose carrier has fallen silent: half-open sockets say nothing."""
        silent_s = 0.0
        while silent_s < silent_line_s:
            await asyncio.sleep(silent_line_s - silent_s)
            silent_s = 0.0 if self._leg.is_away else self._clock.now_s() - self._last_heard_s
        log.warning("carrier_silent")
        self._lose_peer()

    async def _next(self) -> Wire | None:
        wire = await self._socket.receive()
        self._last_heard_s = self._clock.now_s()
        return wire

    def _decode(self, codec: MediaCodec, wire: Wire) -> list[Received]:
        try:
            return codec.receive(wire)
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
            case Start() | Stop():
                return  # codecs refuse a second start; a stop ends the reading

    def _lose_peer(self) -> None:
        if self._call is not None:
            self._call.receive(PeerGone())


async def _closed(socket: MediaSocket, code: int) -> None:
    """Close a socket that nobody uses any more; the other side may have gone."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await socket.close(code)
