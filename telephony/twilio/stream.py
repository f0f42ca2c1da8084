"""One call on a Twilio media stream: accept, receive → codec → call, frames → codec → send. It decides nothing."""

import asyncio
from collections.abc import Callable

import numpy as np
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from kit.clock import Clock
from kit.errors import AntiphonError, ProtocolError
from kit.ids import uuid7
from pipeline.audio.mulaw import mulaw_decode, mulaw_encode
from pipeline.call_control import CallControl
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import DtmfPressed, Interrupted, PeerGone, Played
from pipeline.ports import Frame, LegCapabilities
from telephony.band import LINE_RATE_HZ
from telephony.marks import Marks
from telephony.media_order import MediaOrder
from telephony.twilio.codec import TwilioCodec
from telephony.twilio.messages import Dtmf, Mark, Media, Received, Start, Stop
from transports.live import LiveCalls
from transports.outbox import Outbox
from transports.ports import Call, CallFactory, CallRequest

LEAD_MS = 80  # hides a stall of the loop; what is buffered beyond it would be heard after a pause
START_WITHIN_S = 10.0
CLOSE_WITHIN_S = 5.0
SILENT_LINE_S = 30.0  # a carrier sends sound all the time; without any, the socket is dead
_SILENCE = b"\xff"
_KEYS = frozenset("0123456789*#")
_CODES = {"flow.not_found": 1008, "flow.invalid": 1008, "flow.check_failed": 1008, "capacity.full": 1013}
_ENDED, _VIOLATION, _INTERNAL, _STOPPING = 1000, 1008, 1011, 1012
# What Starlette and uvicorn raise when one sends to a peer that has gone; a RuntimeError after a close of their own.
_PEER_LOST = (WebSocketDisconnect, RuntimeError, OSError)

log = structlog.get_logger(__name__)


class TwilioLeg:
    """The way out to one phone: µ-law with marks, and `clear` when the caller cuts in."""

    capabilities = LegCapabilities(LINE_RATE_HZ, LINE_RATE_HZ, LEAD_MS, marks=True)
    control: CallControl | None = None

    def __init__(self, codec: TwilioCodec, on_overflow: Callable[[], None]) -> None:
        self.outbox = Outbox()
        self.marks = Marks(LINE_RATE_HZ)
        self._codec = codec
        self._on_overflow = on_overflow

    def send(self, frame: Frame) -> None:
        """Queue sound and interruptions; a phone has no use for other frames. See `pipeline.ports.Leg`."""
        match frame:
            case AudioOut(pcm, pos_samples, generation):
                samples = np.frombuffer(pcm, np.int16)
                self.outbox.put_wire(self._codec.send_media(mulaw_encode(samples)), generation)
                mark = self.marks.after(pos_samples + len(samples), generation)
                if mark is not None:
                    self.outbox.put_wire(self._codec.send_mark(mark), generation)
            case Interrupted(generation):
                self.marks.clear()
                self.outbox.interrupt(self._codec.send_clear(), generation)
            case _:
                return
        if self.outbox.overflowed:
            self._on_overflow()


class TwilioConnection:
    """One WebSocket of Twilio from its acceptance to its close."""

    def __init__(self, websocket: WebSocket, calls: CallFactory, live: LiveCalls, clock: Clock) -> None:
        self._websocket = websocket
        self._calls = calls
        self._live = live
        self._clock = clock
        self._codec = TwilioCodec()
        self._leg = TwilioLeg(self._codec, on_overflow=lambda: self.end("peer_too_slow"))
        self._order = MediaOrder()
        self._call: Call | None = None
        self._end_reason: str | None = None
        self._bad_frames = 0
        self._last_heard_s = clock.now_s()

    async def serve(self, flow: str, account_id: str | None = None) -> None:
        """Accept, wait for the stream to start, run a call of the account's `flow` to its end, close."""
        self._live.add(self)
        try:
            await self._websocket.accept()
            start = await self._started()
            code = _VIOLATION if start is None else await self._run(start, flow, account_id)
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._websocket.close(code)
        except (TimeoutError, *_PEER_LOST):
            log.debug("carrier_lost")
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
                while (text := await self._next_text()) is not None:
                    for message in self._decode(text):
                        if isinstance(message, Start):
                            return message
        except TimeoutError:
            log.info("stream_never_started", bad_frames=self._bad_frames)
        return None

    async def _run(self, start: Start, flow: str, account_id: str | None) -> int:
        metadata = {**start.parameters, "carrier": "twilio", "carrier_call": start.call_sid}
        request = CallRequest(uuid7(), flow, metadata=metadata, account_id=account_id, transport="twilio")
        with structlog.contextvars.bound_contextvars(call_id=request.call_id):
            try:
                return await self._talk(await self._calls.place(request, self._leg))
            except AntiphonError as error:
                log.warning("call_refused", code=error.code)
                return _CODES.get(error.code, _INTERNAL)
            except Exception:  # a call ends here: nothing of it may reach the others
                log.exception("call_crashed")
                return _INTERNAL

    async def _talk(self, call: Call) -> int:
        self._call = call
        if self._end_reason is not None:
            call.end(self._end_reason)
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(work) for work in (self._write(), self._read(), self._watch())]
            report = await call.run()
            for helper in helpers:
                helper.cancel()
        order = self._order
        log.info("stream_ended", bad_frames=self._bad_frames, missing=order.missing, unordered=order.unordered)
        return {"internal": _INTERNAL, "server_stopping": _STOPPING, "peer_too_slow": _VIOLATION}.get(
            report.end_reason, _ENDED
        )

    async def _write(self) -> None:
        outbox = self._leg.outbox
        while True:
            item = await outbox.first()
            try:
                await self._websocket.send({"type": "websocket.send", "text": item.wire})
            except _PEER_LOST:
                return self._lose_peer()
            outbox.sent(item)

    async def _read(self) -> None:
        while (text := await self._next_text()) is not None:
            for message in self._decode(text):
                self._take(message)
        self._lose_peer()

    async def _watch(self) -> None:
        """End a call whose carrier has fallen silent: half-open sockets say nothing."""
        silent_s = 0.0
        while silent_s < SILENT_LINE_S:
            await asyncio.sleep(SILENT_LINE_S - silent_s)
            silent_s = self._clock.now_s() - self._last_heard_s
        log.warning("carrier_silent")
        self._lose_peer()

    async def _next_text(self) -> str | None:
        """Return the next text frame; binary ones, which Twilio does not send, count as bad. None at the end."""
        while True:
            event = await self._websocket.receive()
            if event["type"] == "websocket.disconnect":
                return None
            self._last_heard_s = self._clock.now_s()
            text = event.get("text")
            if text is not None:
                return str(text)
            self._bad_frames += 1

    def _decode(self, text: str) -> list[Received]:
        try:
            return self._codec.receive(text)
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
                    line = _SILENCE * (missing * len(payload)) + payload if missing else payload
                    self._call.receive(AudioIn(mulaw_decode(line).tobytes()))
            case Mark(name):
                pos_samples = self._leg.marks.echoed(name)
                if pos_samples is not None:
                    self._call.receive(Played(pos_samples))
            case Dtmf(digit):
                if digit in _KEYS:
                    self._call.receive(DtmfPressed(digit))
            case Stop():
                self._lose_peer()
            case _:
                return

    def _lose_peer(self) -> None:
        if self._call is not None:
            self._call.receive(PeerGone())
