"""Reads the user's turn: quick partials while it goes on, the best reading and an end-of-turn verdict when it stops."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from itertools import count
from math import inf
from typing import Any

import structlog

from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.ears import Ears
from pipeline.frames.control import CallFailed
from pipeline.ingest import RATE_HZ
from pipeline.ports import ChoosingStream, EagerEnd, EndOfTurn, EndOfTurnModel, Providers, Resumed, SttStream
from pipeline.turn_log import TurnTimes
from pipeline.turns.endpointing import COMPLETE
from pipeline.turns.inputs import (
    BreathJudged,
    BreathRead,
    EndExpected,
    EndHeard,
    EndJudged,
    EndWithdrawn,
    Heard,
    PartialHeard,
    TranscriptReady,
)
from pipeline.turns.owner import EARLY_READINGS_S

log = structlog.get_logger()

_OPEN_LIMIT_S = 10.0
_QUICK_PARTIAL_S = 0.02  # a recogniser that answers so soon only tells what it knows already
_NEXT_PARTIAL_S = 0.1  # and can be asked so often
_QUICK_FINAL_S = 0.25  # one that needs longer is not asked in each breath
_QUICK_VERDICT_S = 0.15  # nor is an end-of-turn model that has so much to do

Reading = PartialHeard | BreathRead | BreathJudged | EndExpected | EndWithdrawn | EndHeard | TranscriptReady | EndJudged
Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class TurnReader:
    """The asynchronous half of hearing; every task it starts belongs to the call.

    Attributes:
        broken: Why there is no recogniser in this call; None while there may be one.
    """

    def __init__(
        self,
        ears: Ears,
        providers: Providers,
        spawn: Spawn,
        on_reading: Callable[[Reading], None],
        clock: Clock,
    ) -> None:
        """Report what is read, and how likely the turn is over, to `on_reading`."""
        self._ears, self._providers, self._spawn = ears, providers, spawn
        self._end_of_turn = providers.end_of_turn
        self._on_reading = on_reading
        self.broken: str | None = None
        self._stream: SttStream | None = None
        self._recogniser: str | None = None
        self._opened = asyncio.Event()
        self._deciding: list[asyncio.Task[None]] = []
        self._partials: asyncio.Task[None] | None = None
        self._partial_every_s: float | None = None
        self._soon = self._knows_quickly = False
        self._breath: tuple[asyncio.Task[None], asyncio.Future[Heard]] | None = None
        self._verdict: tuple[asyncio.Task[None], asyncio.Future[float | None]] | None = None  # of the breath
        self._final_took_s: float | None = None
        self._verdict_took_s = 0.0
        self._clock = clock
        self._moments_s: dict[str, float] = {}
        self._failures: list[str] = []

    async def open(self, language: str, tell: Callable[[CallFailed], None]) -> None:
        """Open the recogniser; turns that come before are read once it is there."""
        stt = self._providers.stt
        try:
            known = [rate_hz for rate_hz in self._ears.stt_rates_hz if rate_hz in stt.capabilities.rates_hz]
            rate_hz = known[0] if known else RATE_HZ  # which the wrapper of a call's recognisers makes fit
            async with asyncio.timeout(_OPEN_LIMIT_S):
                self._stream = await stt.open(language, rate_hz)
            if self._recogniser is not None:
                self._choose()
            self._ears.attach(self._stream, rate_hz)
            if stt.capabilities.end_of_turn:
                self._spawn(self._follow_signals(self._stream))
        except TimeoutError:
            late = ProviderError(stt.provider, "did not open", retryable=True, code="provider.stalled")
            self._do_without(late, tell)
        except ProviderError as error:
            self._do_without(error, tell)
        self._opened.set()

    def _do_without(self, error: ProviderError, tell: Callable[[CallFailed], None]) -> None:
        self._providers.incidents.note_unavailable("stt", error)
        self.broken = error.code
        tell(CallFailed(error.code, "Speech recognition is not available now."))

    def expect(self, language: str, recogniser: str | None) -> None:
        """Read the next turn as `language`, BCP 47, through the `recogniser` that the flow names, if it does."""
        self._ears.language = language
        if recogniser != self._recogniser:
            self._recogniser = recogniser
            self._choose()

    def _choose(self) -> None:
        if isinstance(self._stream, ChoosingStream):
            self._stream.choose(self._recogniser)

    def follow(self, every_s: float | None, *, soon: bool) -> None:
        """The user talks: read along; `soon`, where the first words decide whether the bot stops."""
        self._ears.open_turn()
        self._partial_every_s = every_s
        self._soon = soon
        self._read_along()

    def read_breath(self, *, judged: bool) -> None:
        """The user may be done: read all, and if it is to be `judged` do that, so that the decision need not wait."""
        if self._breath is None and self._stream is not None and (self._final_took_s or 0.0) <= _QUICK_FINAL_S:
            self._stop_partials()  # the one below is the last: what a recogniser knows now may be all
            read: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
            self._breath = self._spawn(self._read_ahead(self._stream, read)), read
        if judged and self._verdict is None:
            self._verdict = self._ask_ahead(self._end_of_turn)

    def _ask_ahead(
        self, model: EndOfTurnModel | None
    ) -> "tuple[asyncio.Task[None], asyncio.Future[float | None]] | None":
        if model is None or self._verdict_took_s > _QUICK_VERDICT_S:
            return None
        judged: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        return self._spawn(self._judge_ahead(model, judged)), judged

    def drop_breath(self) -> None:
        """The user was not done."""
        if self._breath is not None:
            task, read = self._breath
            self._breath = None
            task.cancel()
            read.cancel()
            self._read_along()
        if self._verdict is not None:
            judging, judged = self._verdict
            self._verdict = None
            judging.cancel()
            judged.cancel()

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
        self.drop_breath()

    def times(self, spoken_s: Callable[[int], float], *, failed: bool) -> TurnTimes:
        """Return where the time of the open turn went so far, which `failed` if it could not be read.

        `spoken_s` says when a sample was spoken.
        """
        voice_from_s, quiet_s = (spoken_s(pos_samples) for pos_samples in self._ears.voiced())
        failures, self._failures = self._failures, []
        if failed and "stt" not in failures:
            failures.append("stt")  # it was waited for in vain, or is not there
        return TurnTimes(quiet_s, quiet_s, dict(self._moments_s), voice_from_s, failures=failures)

    def close_turn(self) -> None:
        """The turn is over, one way or the other."""
        self._partial_every_s = None
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

    def _read_along(self) -> None:
        if self._partial_every_s is not None and self._partials is None:
            first_s = EARLY_READINGS_S if self._soon else ()
            self._partials = self._spawn(self._read_partials(self._partial_every_s, first_s))

    async def _read_partials(self, every_s: float, first_s: tuple[float, ...]) -> None:
        for number in count():
            next_s = min(_NEXT_PARTIAL_S, every_s) if self._knows_quickly else every_s
            await asyncio.sleep(first_s[number] if number < len(first_s) else next_s)
            if self._stream is not None and not await self._read_quickly(self._stream):
                return

    async def _read_quickly(self, stream: SttStream) -> bool:
        """Make a quick reading; return whether it was worth it."""
        asked_s = self._clock.now_s()
        try:
            result = await stream.partial()
        except ProviderError as error:
            log.info("partial_failed", provider=error.provider, code=error.code)
            return False
        self._knows_quickly = self._clock.now_s() - asked_s <= _QUICK_PARTIAL_S
        if result.text:
            self._on_reading(PartialHeard(result.text, confidence=result.confidence))
        return True

    async def _read_ahead(self, stream: SttStream, read: "asyncio.Future[Heard]") -> None:
        try:
            if self._knows_quickly:
                await self._read_quickly(stream)
            heard = await self._finalize(stream)
        except ProviderError as error:
            log.info("breath_not_read", provider=error.provider, code=error.code)
            heard = Heard("", 0.0, failed=True)
        if not read.done():
            read.set_result(heard)
            self._on_reading(BreathRead(heard))

    async def _finalize(self, stream: SttStream) -> Heard:
        asked_s = self._clock.now_s()
        self._final_took_s = self._final_took_s or inf  # until it is known: one that is thrown away tells nothing
        result = await stream.finalize()
        self._final_took_s = self._clock.now_s() - asked_s
        return Heard(result.text, result.confidence, result.alternative)

    async def _follow_signals(self, stream: SttStream) -> None:
        """Pass on what the recogniser itself believes of the end of turns, for as long as the call lasts."""
        try:
            async with contextlib.aclosing(stream.signals()) as signals:
                async for signal in signals:
                    match signal:
                        case EagerEnd(text, confidence):
                            self._on_reading(EndExpected(Heard(text, confidence)))
                        case Resumed():
                            self._on_reading(EndWithdrawn())
                        case EndOfTurn(text, confidence) if text.strip():
                            self._on_reading(EndHeard(Heard(text, confidence)))
        except ProviderError as error:
            log.info("signals_failed", provider=error.provider, code=error.code)

    async def _read(self, decision: int) -> None:
        heard = Heard("", 0.0, failed=True)
        try:
            await self._opened.wait()
            if self._breath is not None:
                heard = await self._breath[1]
            # Of a single word, the breath may lack what makes it one; over the bot it is more likely a noise.
            missed = not heard.text.strip() and not self._soon and (self._final_took_s or 0.0) <= _QUICK_FINAL_S
            if self._stream is not None and (heard.failed or missed):
                heard = await self._finalize(self._stream)
        except ProviderError as error:
            log.warning("stt_failed", provider=error.provider, code=error.code)
            self._failures.append("stt")
        self._moments_s["stt"] = self._clock.now_s()
        self._on_reading(TranscriptReady(decision, heard))

    async def _judge_ahead(self, model: EndOfTurnModel, judged: "asyncio.Future[float | None]") -> None:
        probability = await self._probability(model)
        if not judged.done():
            judged.set_result(probability)
            if probability is not None:
                self._on_reading(BreathJudged(probability))

    async def _judge(self, model: EndOfTurnModel, decision: int) -> None:
        probability = None if self._verdict is None else await self._verdict[1]
        if probability is None or probability < COMPLETE:  # with more of the silence it may hear the end
            probability = await self._probability(model)
        if probability is None:
            self._failures.append("end_of_turn")
        else:
            self._on_reading(EndJudged(decision, probability))

    async def _probability(self, model: EndOfTurnModel) -> float | None:
        asked_s, known_s = self._clock.now_s(), self._verdict_took_s
        try:
            probability = await model.probability(self._ears.turn_pcm())
            known_s = 0.0
        except ProviderError as error:
            log.info("end_of_turn_failed", provider=error.provider, code=error.code)
            return None
        finally:  # one that is thrown away tells that it needs longer
            self._verdict_took_s = max(known_s, self._clock.now_s() - asked_s)
        return probability
