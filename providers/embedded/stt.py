"""Speech to text from two engines: Moonshine while someone speaks, Whisper when they have."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from kit.errors import ProviderError
from pipeline.capabilities import SttCapabilities
from pipeline.ports import SttResult, SttSignal
from providers.embedded.agreement import disagreement, ends_with, word_count
from providers.embedded.inference import BusyError, InferencePool, Priority
from providers.embedded.log_mel import Floats
from providers.embedded.turn_audio import TurnAudio, is_silent, pause_in
from providers.embedded.whisper import Reading

_PARTIAL_CONFIDENCE = 0.5
_DOUBTFUL = 0.5
_MAX_DISAGREEMENT = 0.1
# The end-of-turn model is asked at the same moment and must get the free thread first.
_OPINION_HEAD_START_S = 0.02
_PATIENCE_S = 0.005
_PATIENCE_IN_DOUBT_S = 0.25
_DEADLINE_S = 10.0
# people say two to four words in a second of sound; fewer, with a pause in it, is worth another look
_MIN_WORDS_PER_S = 3.0
_MIN_VOICED_S = 2.0
_ANNOTATION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|♪")
_NOTHING = SttResult("", 0.0)


class FinalReader(Protocol):
    """Reads a piece as well as it can."""

    def read(self, audio: Floats) -> Reading:
        """Decode up to 14 s; blocks."""


class QuickReader(Protocol):
    """Reads fast."""

    def read(self, audio: Floats) -> str:
        """Decode; blocks."""


class EmbeddedStt:
    """English only, offline; shared by all calls."""

    provider = "embedded"
    model = "whisper-tiny.en"
    capabilities = SttCapabilities(partials=True)

    def __init__(self, pool: InferencePool, whisper: FinalReader, moonshine: QuickReader) -> None:
        """Take the loaded engines and where they run."""
        self.pool = pool
        self.whisper = whisper
        self.moonshine = moonshine

    async def open(self, language: str, rate_hz: int = 16_000) -> "EmbeddedSttStream":
        """Start listening to one call.

        Raises:
            ProviderError: The language is not English.
        """
        assert rate_hz in self.capabilities.rates_hz, "the caller chooses a rate that is offered"
        if language.split("-")[0].lower() != "en":
            raise ProviderError("embedded", f"cannot understand {language!r}, only English", retryable=False)
        return EmbeddedSttStream(self)

    async def warm(self) -> None:
        """Do nothing: it is loaded."""

    async def aclose(self) -> None:
        """Do nothing: the engines belong to who made them."""


class EmbeddedSttStream:
    """One call's recogniser.

    A long turn is read in pieces of 7 to 14 s; one that is over is read only once.
    """

    def __init__(self, owner: EmbeddedStt) -> None:
        """Start with an empty turn."""
        self._owner = owner
        self._turn = TurnAudio()

    def begin(self, language: str | None = None) -> None:
        """Start a new turn; readings still under way belong to the old one. The language stays English."""
        self._turn = TurnAudio()

    def feed(self, pcm: bytes) -> None:
        """Take sound of the current turn."""
        self._turn.feed(pcm)

    async def partial(self) -> SttResult:
        """Return a quick reading; when the machine is busy, the last one again."""
        turn = self._turn
        try:
            await self._freeze(turn)
            await self._quick_reading(turn, Priority.PARTIAL)
        except BusyError:
            pass  # the next partial will say more
        text = " ".join([*(part.text for part in turn.frozen), turn.partial[1]]).strip()
        return SttResult(text, _PARTIAL_CONFIDENCE)

    async def finalize(self) -> SttResult:
        """Return Whisper's reading, and Moonshine's where it disagrees and was ready in time.

        Raises:
            ProviderError: The engine failed, the pool is full, or it took 10 s.
        """
        turn = self._turn
        end_bytes = turn.end_bytes
        if turn.final is not None and turn.final[0] == end_bytes:
            return turn.final[1]
        try:
            async with asyncio.timeout(_DEADLINE_S):
                result = await self._best_reading(turn)
        except TimeoutError as error:
            raise ProviderError("embedded", "the decode took too long", retryable=True) from error
        turn.final = (end_bytes, result)
        return result

    async def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Yield nothing: it does not judge turns."""
        nothing: tuple[SttSignal, ...] = ()
        for signal in nothing:
            yield signal

    async def aclose(self) -> None:
        """Drop the audio."""
        self._turn = TurnAudio()

    async def _best_reading(self, turn: TurnAudio) -> SttResult:
        start_bytes = turn.dropped_bytes
        pieces = turn.pieces()
        async with asyncio.TaskGroup() as group:
            opinion = group.create_task(self._second_opinion(turn))
            decodes = [group.create_task(self._final_or_error(piece)) for piece in pieces]
            await asyncio.wait(decodes)
            outcomes = [decode.result() for decode in decodes]
            readings = [outcome for outcome in outcomes if isinstance(outcome, SttResult)]
            in_doubt = any(reading.text and reading.confidence < _DOUBTFUL for reading in readings)
            await asyncio.wait({opinion}, timeout=_PATIENCE_IN_DOUBT_S if in_doubt else _PATIENCE_S)
            opinion.cancel()
        for outcome in outcomes:
            if isinstance(outcome, ProviderError):
                raise outcome
        before = turn.frozen
        for piece, reading in zip(pieces[:-1], readings, strict=False):
            turn.freeze(start_bytes, 2 * len(piece), reading)
            start_bytes += 2 * len(piece)
        other = None if opinion.cancelled() else opinion.result()
        return _joined((*before, _with_alternative(_joined(readings), other)))

    async def _final_or_error(self, audio: Floats) -> SttResult | ProviderError:
        """Return an error instead of raising it, which would reach the caller of a task group wrapped."""
        try:
            return await self._read(audio, Priority.FINAL)
        except ProviderError as error:
            return error

    async def _read(self, audio: Floats, priority: Priority) -> SttResult:
        """Ask Whisper; where it may have stopped half-way, see whether the end is there, and if not read both halves.

        It often stops at the end of a sentence when a pause follows, and loses what comes after.
        """
        if is_silent(audio):
            return _NOTHING
        whole = await self._decode(audio, priority)
        pause, voiced_s = pause_in(audio)
        words = word_count(whole.text)
        if not pause or voiced_s < _MIN_VOICED_S or words >= voiced_s * _MIN_WORDS_PER_S:
            return whole
        tail = await self._decode(audio[pause:], priority)
        if ends_with(whole.text, tail.text):
            return whole
        halves = _joined((await self._decode(audio[:pause], priority), tail))
        return halves if word_count(halves.text) > words else whole

    async def _decode(self, audio: Floats, priority: Priority) -> SttResult:
        """Ask Whisper once; what it makes up from noise is dropped."""
        reading = await self._owner.pool.run(priority, self._owner.whisper.read, audio)
        text = _ANNOTATION.sub("", reading.text).strip()
        if reading.is_noise or not any(character.isalnum() for character in text):
            return SttResult("", reading.confidence)
        return SttResult(text, reading.confidence)

    async def _freeze(self, turn: TurnAudio) -> None:
        """Read the beginning of a long turn for good, while the user goes on speaking."""
        while len(pieces := turn.pieces()) > 1:
            start_bytes = turn.dropped_bytes
            reading = await self._read(pieces[0], Priority.PARTIAL)
            turn.freeze(start_bytes, 2 * len(pieces[0]), reading)

    async def _second_opinion(self, turn: TurnAudio) -> str | None:
        """Return Moonshine's reading of the same speech: the last partial, if nothing was said since, or a new one."""
        if not turn.only_silence_since(turn.partial[0]):
            await asyncio.sleep(_OPINION_HEAD_START_S)
            try:
                await self._quick_reading(turn, Priority.SECOND_OPINION)
            except ProviderError:
                return None
        return turn.partial[1]

    async def _quick_reading(self, turn: TurnAudio, priority: Priority) -> None:
        """Let Moonshine read what is not frozen, into `turn.partial`."""
        end_bytes, start_bytes = turn.end_bytes, turn.dropped_bytes
        audio = turn.open_audio()
        text = ""
        if not is_silent(audio):
            text = await self._owner.pool.run(priority, self._owner.moonshine.read, audio)
        if start_bytes == turn.dropped_bytes:
            turn.partial = (end_bytes, text)


def _with_alternative(reading: SttResult, other: str | None) -> SttResult:
    """Add the other engine's reading if it differs by more than a word in ten."""
    if not other or not reading.text or disagreement(reading.text, other) <= _MAX_DISAGREEMENT:
        return reading
    return SttResult(reading.text, reading.confidence, other)


def _joined(parts: Sequence[SttResult]) -> SttResult:
    """Return the reading of a whole turn; it is as sure as its least sure part that has words."""
    spoken = [part for part in parts if part.text]
    if not spoken:
        return SttResult("", parts[-1].confidence)
    alternatives = [part.alternative or part.text for part in spoken]
    text = " ".join(part.text for part in spoken)
    differs = any(part.alternative for part in spoken)
    confidence = min(part.confidence for part in spoken)
    return SttResult(text, confidence, " ".join(alternatives) if differs else None)
