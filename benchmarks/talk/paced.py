"""Models that take a known time and note when they were at work: what the server is measured with."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from benchmarks.talk.tape import Hearing, TapeReader
from flows.actions import ToolSpec
from kit.clock import Clock
from pipeline.capabilities import LlmCapabilities, SttCapabilities
from pipeline.ports import (
    AS_MADE,
    EndOfTurnModel,
    LlmOptions,
    LlmUsage,
    Message,
    SpeakOptions,
    SttResult,
    SttSignal,
    ToolCall,
    WordTimes,
)
from providers.fake.tts import FakeTts

STT_S, LLM_S, TTS_S = 0.1, 0.2, 0.1


@dataclass(slots=True)
class Work:
    """When the models of one call were at work.

    Attributes:
        spans: `(from_s, to_s)` of each request up to its first result.
        asked_s: When the recogniser was last asked for a final reading.
        llm_calls: Requests that answer something the caller said.
    """

    clock: Clock
    spans: list[tuple[float, float]] = field(default_factory=list)
    asked_s: float = 0.0
    llm_calls: int = 0

    def done(self, since_s: float) -> None:
        """Note that work begun at `since_s` has its result now."""
        self.spans.append((since_s, self.clock.now_s()))


class PacedStt:
    """Reads the tape."""

    provider = "paced"
    model = "tape"
    capabilities = SttCapabilities(partials=True)

    def __init__(self, reader: TapeReader, work: Work) -> None:
        self._reader, self._work = reader, work

    async def open(self, language: str, rate_hz: int = 16_000) -> "PacedSttStream":
        """Listen to a call, in any language."""
        return PacedSttStream(Hearing(self._reader), self._work)

    async def warm(self) -> None:
        """Need no warming."""

    async def aclose(self) -> None:
        """Hold nothing."""


class PacedSttStream:
    """One call's recogniser."""

    def __init__(self, hearing: Hearing, work: Work) -> None:
        self._hearing, self._work = hearing, work

    def begin(self, language: str | None = None) -> None:
        """A new turn."""
        self._hearing.begin()

    def feed(self, pcm: bytes) -> None:
        """Take audio."""
        self._hearing.feed(pcm)

    async def partial(self) -> SttResult:
        """Return what was heard when this was asked, 100 ms later."""
        text = self._hearing.text()
        await asyncio.sleep(STT_S)
        return SttResult(text)

    async def finalize(self) -> SttResult:
        """Return what was heard, 100 ms later."""
        since_s = self._work.asked_s = self._work.clock.now_s()
        text = self._hearing.text()
        await asyncio.sleep(STT_S)
        self._work.done(since_s)
        return SttResult(text)

    async def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Hear no ends of turns."""
        return
        yield

    async def aclose(self) -> None:
        """Hold nothing."""


class PacedLlm:
    """Says one sentence, whatever it is asked."""

    provider = "paced"
    model = "one sentence"
    capabilities = LlmCapabilities()

    def __init__(self, sentence: str, work: Work) -> None:
        self._sentence, self._work = sentence, work

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield the sentence word by word, all at once after 200 ms."""
        since_s = self._work.clock.now_s()
        self._work.llm_calls += any(message.role == "user" for message in messages)
        await asyncio.sleep(LLM_S)
        self._work.done(since_s)
        for word in self._sentence.split():
            yield f"{word} "

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Have no cache."""

    async def warm(self) -> None:
        """Need no warming."""

    async def aclose(self) -> None:
        """Hold nothing."""


class PacedTts:
    """Speaks as `FakeTts` does; its first sound takes 100 ms."""

    provider = "paced"
    model = "buzz"
    voice = "paced"

    def __init__(self, sentence_s: float, sentence: str, work: Work) -> None:
        self._fake = FakeTts(s_per_char=sentence_s / len(sentence))
        self._work = work
        self.capabilities = self._fake.capabilities

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Yield the sound."""
        since_s = self._work.clock.now_s()
        await asyncio.sleep(TTS_S)
        self._work.done(since_s)
        async for chunk in self._fake.stream(text):
            yield chunk

    async def warm(self) -> None:
        """Need no warming."""

    async def aclose(self) -> None:
        """Hold nothing."""


class WatchedEndOfTurn:
    """The real end-of-turn model; its time counts as a model's."""

    def __init__(self, model: EndOfTurnModel, work: Work) -> None:
        self._model, self._work = model, work

    async def probability(self, pcm: bytes) -> float:
        """Ask it."""
        since_s = self._work.clock.now_s()
        try:
            return await self._model.probability(pcm)
        finally:
            self._work.done(since_s)
