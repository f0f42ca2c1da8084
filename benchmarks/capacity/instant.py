"""Models that answer at once, the same every time, and cost nothing: what is left is ours."""

from collections.abc import AsyncGenerator, Sequence

from benchmarks.capacity.workload import ANSWER, WORDS, sentence
from flows.actions import ToolSpec
from pipeline.capabilities import LlmCapabilities, SttCapabilities, TtsCapabilities
from pipeline.ports import (
    AS_MADE,
    LlmOptions,
    LlmUsage,
    Message,
    SpeakOptions,
    SttResult,
    SttSignal,
    ToolCall,
    WordTimes,
)

_TTS_CHUNK_S = 0.1


class _Instant:
    """What all of them have."""

    provider = "instant"
    model = "instant"

    async def warm(self) -> None:
        """Need no warming."""

    async def aclose(self) -> None:
        """Hold nothing."""


class InstantStt(_Instant):
    """A recogniser that knows the words; also its own stream."""

    capabilities = SttCapabilities()
    _result = SttResult(WORDS)

    async def open(self, language: str, rate_hz: int = 16_000) -> "InstantStt":
        """Start at once."""
        return self

    def begin(self, language: str | None = None) -> None:
        """Forget nothing."""

    def feed(self, pcm: bytes) -> None:
        """Take the audio as a vendor's socket would."""

    async def partial(self) -> SttResult:
        """Return the words."""
        return self._result

    async def finalize(self) -> SttResult:
        """Return the words."""
        return self._result

    async def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Have none."""
        return
        yield


class InstantLlm(_Instant):
    """A language model that answers the same, word by word."""

    capabilities = LlmCapabilities()

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Yield the words of the answer."""
        for word in " ".join(ANSWER).split(" "):
            yield word + " "

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Keep nothing warm."""


class InstantTts(_Instant):
    """A voice that has every sentence ready."""

    voice = "instant"

    def __init__(self, rate_hz: int) -> None:
        self.capabilities = TtsCapabilities((rate_hz,))
        pcm, size = sentence(rate_hz), 2 * int(_TTS_CHUNK_S * rate_hz)
        self._chunks = [pcm[start : start + size] for start in range(0, len(pcm), size)]

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Yield 2 s of sound."""
        for chunk in self._chunks:
            yield chunk
