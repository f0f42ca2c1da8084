"""A call that we made, watched for who took it: the shell around `amd.py` (docs/adr/0037)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from kit.clock import Clock
from kit.phone_calls import AnsweredBy, Answering
from pipeline.audio.resample import Resampler
from pipeline.frames.audio import AudioIn
from pipeline.frames.base import ControlFrame
from pipeline.frames.control import Farewell, Introduce, KeepQuiet
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from telephony import amd, tones
from transports.ports import Call, CallFactory, CallRequest

MESSAGE_LEFT, MACHINE_ANSWERED = "message_left", "machine_answered"
_PIECE_BYTES = 2 * tones.RATE_HZ // 50
_REPORT_LIMIT_S = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CarrierVerdict(ControlFrame):
    """The carrier says who took the call; it may come late."""

    by: AnsweredBy


class WatchedCall:
    """A `transports.ports.Call` and the `pipeline.watch.Watch` of the call that it wraps."""

    _call: Call

    def __init__(
        self, answering: Answering, rate_hz: int, clock: Clock, on_judged: Callable[[AnsweredBy], Awaitable[None]]
    ) -> None:
        """Prepare.

        Args:
            answering: What to do when it is no person.
            rate_hz: Of the sound that comes in.
            clock: Tells the time to the core.
            on_judged: Is told who took the call, again when more is known.
        """
        self._answering, self._clock, self._on_judged = answering, clock, on_judged
        self._state: amd.AmdState | None = None
        self._to_line = Resampler(rate_hz, tones.RATE_HZ)
        self._tones = tones.ToneState()
        self._line = bytearray()
        self._judged: asyncio.Queue[AnsweredBy | None] = asyncio.Queue()
        self._changed = asyncio.Event()

    async def place(self, calls: CallFactory, request: CallRequest, leg: Leg) -> "WatchedCall":
        """Prepare the call itself; see `transports.ports.CallFactory`."""
        self._call = await calls.place(replace(request, watch=self), leg)
        return self

    async def run(self) -> CallReport:
        """Run the call to its end; what is known of who took it has been told then."""
        self._state = amd.AmdState(self._answering.policy, self._clock.now_s())
        async with asyncio.TaskGroup() as group:
            timing = group.create_task(self._keep_time())
            group.create_task(self._report())
            report = await self._call.run()
            timing.cancel()
            self._judged.put_nowait(None)
        return report

    def receive(self, frame: Frame) -> None:
        """Take a frame from the carrier."""
        match frame:
            case CarrierVerdict(by):
                self._take(amd.CarrierSays(by))
                return
            case AudioIn(pcm):
                self._listen(pcm)
        self._call.receive(frame)

    def end(self, reason: str) -> None:
        """End the call now."""
        self._call.end(reason)

    def voice(self, *, began: bool) -> None:
        """See `pipeline.watch.Watch`."""
        self._take(amd.VoiceBegan() if began else amd.VoiceEnded())

    def words(self, text: str) -> None:
        """See `pipeline.watch.Watch`."""
        self._take(amd.WordsHeard(text))

    def _listen(self, pcm: bytes) -> None:
        if self._state is None or not self._state.listens(self._clock.now_s()):
            return
        self._line += self._to_line(pcm)
        while len(self._line) >= _PIECE_BYTES:
            piece = bytes(self._line[:_PIECE_BYTES])
            del self._line[:_PIECE_BYTES]
            self._tones, heard = tones.listen(self._tones, piece)
            if heard is not None:
                self._take(heard)

    def _take(self, event: amd.Event) -> None:
        if self._state is None:
            return
        self._state, outcome = amd.step(self._state, event, self._clock.now_s())
        self._changed.set()
        for each in outcome:
            match each:
                case amd.Judged(by, why):
                    log.info("answered_by", by=by.value, why=why)
                    self._judged.put_nowait(by)
                case amd.Do(what):
                    log.info("answering", what=what)
                    self._do(what)

    def _do(self, what: amd.What) -> None:
        match what:
            case "introduce":
                self._call.receive(Introduce(self._answering.introduction))
            case "wait":
                self._call.receive(KeepQuiet())
            case "leave_message":
                self._call.receive(Farewell(MESSAGE_LEFT, self._answering.message))
            case "hang_up":
                self._call.end(MACHINE_ANSWERED)

    async def _keep_time(self) -> None:
        while True:
            self._changed.clear()
            try:
                async with asyncio.timeout_at(self._state.deadline_s if self._state is not None else None):
                    await self._changed.wait()
            except TimeoutError:
                self._take(amd.Tick())

    async def _report(self) -> None:
        while (by := await self._judged.get()) is not None:
            try:
                async with asyncio.timeout(_REPORT_LIMIT_S):
                    await self._on_judged(by)
            except TimeoutError:
                log.warning("answered_by_not_kept")
