"""Models of one call that count what is used of them; each wraps the real one as closely as it can.

Wrapped inside whatever chooses between providers, so that a second request or a fallback counts where it went.
"""

import contextlib
from collections.abc import AsyncGenerator, Sequence

from flows.actions import ToolSpec
from pipeline.ports import (
    AS_MADE,
    LanguageModel,
    LlmOptions,
    LlmUsage,
    Message,
    Providers,
    SpeakOptions,
    SpeechToText,
    SttResult,
    SttSignal,
    SttStream,
    TextToSpeech,
    ToolCall,
    WordTimes,
)
from pipeline.usage import UsageMeter


def metered(shared: Providers) -> Providers:
    """Return the process's models for one call, counted in a meter of its own."""
    meter = UsageMeter()
    llm = MeteredLlm(shared.llm, meter) if shared.llm is not None else None
    return Providers(MeteredStt(shared.stt, meter), MeteredTts(shared.tts, meter), shared.end_of_turn, llm, usage=meter)


class MeteredStt:
    """Counts the seconds of sound sent."""

    def __init__(self, stt: SpeechToText, meter: UsageMeter) -> None:
        """Count `stt` in `meter`."""
        self.provider, self.model, self.capabilities = stt.provider, stt.model, stt.capabilities
        self._stt, self._meter = stt, meter

    async def open(self, language: str, rate_hz: int = 16_000) -> SttStream:
        """Open and count it; see `pipeline.ports.SpeechToText`."""
        stream = await self._stt.open(language, rate_hz)
        self._meter.opened(self.provider, self.model)
        return _MeteredStream(stream, self, self._meter, 2 * rate_hz)

    async def warm(self) -> None:
        """Pass on."""
        await self._stt.warm()

    async def aclose(self) -> None:
        """Pass on."""
        await self._stt.aclose()


class _MeteredStream:
    def __init__(self, stream: SttStream, owner: MeteredStt, meter: UsageMeter, bytes_per_s: int) -> None:
        self._stream, self._owner, self._meter, self._bytes_per_s = stream, owner, meter, bytes_per_s
        self._fed_bytes = 0

    def begin(self, language: str | None = None) -> None:
        self._count()
        self._stream.begin(language)

    def feed(self, pcm: bytes) -> None:
        self._fed_bytes += len(pcm)
        self._stream.feed(pcm)

    async def partial(self) -> SttResult:
        return await self._stream.partial()

    async def finalize(self) -> SttResult:
        return await self._stream.finalize()

    def signals(self) -> AsyncGenerator[SttSignal, None]:
        return self._stream.signals()

    async def aclose(self) -> None:
        self._count()
        await self._stream.aclose()

    def _count(self) -> None:
        fed_bytes, self._fed_bytes = self._fed_bytes, 0
        if fed_bytes:
            self._meter.heard(self._owner.provider, self._owner.model, fed_bytes / self._bytes_per_s)


class MeteredLlm:
    """Counts tokens."""

    def __init__(self, llm: LanguageModel, meter: UsageMeter) -> None:
        """Count `llm` in `meter`."""
        self.provider, self.model, self.capabilities = llm.provider, llm.model, llm.capabilities
        self._llm, self._meter = llm, meter

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
    ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
        """Pass on; see `pipeline.ports.LanguageModel`."""
        tokens: tuple[int, int] | None = None
        try:
            async with contextlib.aclosing(self._llm.stream(messages, tools, options)) as items:
                async for item in items:
                    if isinstance(item, LlmUsage):
                        tokens = item.tokens_in, item.tokens_out
                    yield item
        finally:
            self._meter.answered(self.provider, self.model, tokens)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """Pass on."""
        await self._llm.prefill(messages, tools)

    async def warm(self) -> None:
        """Pass on."""
        await self._llm.warm()

    async def aclose(self) -> None:
        """Pass on."""
        await self._llm.aclose()


class MeteredTts:
    """Counts characters."""

    def __init__(self, tts: TextToSpeech, meter: UsageMeter) -> None:
        """Count `tts` in `meter`."""
        self.provider, self.model, self.voice, self.capabilities = tts.provider, tts.model, tts.voice, tts.capabilities
        self._tts, self._meter = tts, meter

    def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Count and pass on; see `pipeline.ports.TextToSpeech`."""
        self._meter.spoke(self.provider, self.model, len(text))
        return self._tts.stream(text, options)

    async def warm(self) -> None:
        """Pass on."""
        await self._tts.warm()

    async def aclose(self) -> None:
        """Pass on."""
        await self._tts.aclose()
