"""Reads the user's turn: quick partials while it goes on, the best reading and an end-of-turn verdict when it stops."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import chain, repeat
from typing import Any

import structlog

from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.ears import Ears
from pipeline.frames.control import CallFailed
from pipeline.ports import EndOfTurnModel, SpeechToText, SttStream
from pipeline.turn_log import TurnTimes
from pipeline.turns.inputs import EndJudged, Heard, PartialHeard, TranscriptReady
from pipeline.turns.owner import EARLY_READINGS_S

log = structlog.get_logger()

_OPEN_LIMIT_S = 10.0

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class TurnReader:
    """The asynchronous half of hearing; every task it starts belongs to the call."""

    def __init__(
        self,
        ears: Ears,
        end_of_turn: EndOfTurnModel | None,
        spawn: Spawn,
        on_reading: Callable[[PartialHeard | TranscriptReady | EndJudged], None],
        clock: Clock,
    ) -> None:
        """Report what is read, and how likely the turn is over, to `on_reading`."""
        self._ears, self._end_of_turn, self._spawn = ears, end_of_turn, spawn
        self._on_reading = on_reading
        self._stream: SttStream | None = None
        self._opened = asyncio.Event()
        self._deciding: list[asyncio.Task[None]] = []
        self._partials: asyncio.Task[None] | None = None
        self._clock = clock
        self._moments_s: dict[str, float] = {}
        self._failures: list[str] = []

    async def open(self, stt: SpeechToText, language: str, tell: Callable[[CallFailed], None]) -> None:
        """Open the recogniser; turns that come before are read once it is there."""
        try:
            async with asyncio.timeout(_OPEN_LIMIT_S):
                self._stream = await stt.open(language)
            self._ears.attach(self._stream)
        except (ProviderError, TimeoutError) as error:
            code = error.code if isinstance(error, ProviderError) else "provider.stalled"
            log.warning("stt_unavailable", code=code)
            self._failures.append("stt")
            tell(CallFailed(code, "Speech recognition is not available now."))
        self._opened.set()

    def follow(self, every_s: float | None, *, soon: bool) -> None:
        """The user talks: read along; `soon`, where the first words decide whether the bot stops."""
        self._ears.open_turn()
        if every_s is not None and self._partials is None:
            self._partials = self._spawn(self._read_along(every_s, EARLY_READINGS_S if soon else ()))

    def decide(self, decision: int) -> None:
        """The user paused: read all, and judge whether the turn is over."""
        self._stop_partials()
        self._moments_s = {"endpoint": self._clock.now_s()}
        self._deciding = [self._spawn(self._read(decision))]
        if self._end_of_turn is not None:
            self._deciding.append(self._spawn(self._judge(self._end_of_turn, decision)))

    def drop(self) -> None:
        """Nobody waits for the verdict any more."""
        for task in self._deciding:
            task.cancel()
        self._deciding = []

    def times(self, spoken_s: Callable[[int], float]) -> TurnTimes:
        """Return where the time of the open turn went so far; `spoken_s` says when a sample was spoken."""
        voice_from_s, quiet_s = (spoken_s(pos_samples) for pos_samples in self._ears.voiced())
        failures, self._failures = self._failures, []
        if not failures and "stt" not in self._moments_s:
            failures.append("stt")  # it was waited for in vain
        return TurnTimes(quiet_s, quiet_s, dict(self._moments_s), voice_from_s, failures=failures)

    def close_turn(self) -> None:
        """The turn is over, one way or the other."""
        self.drop()
        self._stop_partials()
        self._ears.close_turn()

    async def aclose(self) -> None:
        """Free the recogniser."""
        self._ears.close()
        if self._stream is not None:
            await self._stream.aclose()

    def _stop_partials(self) -> None:
        if self._partials is not None:
            self._partials.cancel()
            self._partials = None

    async def _read_along(self, every_s: float, first_s: tuple[float, ...]) -> None:
        for wait_s in chain(first_s, repeat(every_s)):
            await asyncio.sleep(wait_s)
            if self._stream is None:
                continue
            try:
                result = await self._stream.partial()
            except ProviderError as error:
                log.info("partial_failed", provider=error.provider, code=error.code)
                return
            if result.text:
                self._on_reading(PartialHeard(result.text))

    async def _read(self, decision: int) -> None:
        heard = Heard("", 0.0, failed=True)
        try:
            await self._opened.wait()
            if self._stream is not None:
                result = await self._stream.finalize()
                heard = Heard(result.text, result.confidence, result.alternative)
        except ProviderError as error:
            log.warning("stt_failed", provider=error.provider, code=error.code)
            self._failures.append("stt")
        self._moments_s["stt"] = self._clock.now_s()
        self._on_reading(TranscriptReady(decision, heard))

    async def _judge(self, model: EndOfTurnModel, decision: int) -> None:
        try:
            probability = await model.probability(self._ears.turn_pcm())
        except ProviderError as error:
            log.info("end_of_turn_failed", provider=error.provider, code=error.code)
            self._failures.append("end_of_turn")
            return
        self._on_reading(EndJudged(decision, probability))
