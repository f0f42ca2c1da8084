"""A recogniser that is fed at another rate than the call's."""

from collections.abc import AsyncGenerator

from pipeline.audio.resample import Resampler
from pipeline.ports import SttResult, SttSignal, SttStream


class ConvertedStream:
    """Fills `pipeline.ports.SttStream`: sound is converted, all else is passed on."""

    def __init__(self, stream: SttStream, rate_hz: int, own_hz: int) -> None:
        """Take sound at `rate_hz` for a stream that was opened at `own_hz`."""
        self._stream, self._rates_hz = stream, (rate_hz, own_hz)
        self._resampler = Resampler(rate_hz, own_hz)

    def begin(self, language: str | None = None) -> None:
        """Start a turn, without what is left of the last one's sound."""
        self._resampler = Resampler(*self._rates_hz)
        self._stream.begin(language)

    def feed(self, pcm: bytes) -> None:
        """Convert."""
        self._stream.feed(self._resampler(pcm))

    async def partial(self) -> SttResult:
        """Pass on."""
        return await self._stream.partial()

    async def finalize(self) -> SttResult:
        """Pass on."""
        return await self._stream.finalize()

    def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Pass on."""
        return self._stream.signals()

    async def aclose(self) -> None:
        """Pass on."""
        await self._stream.aclose()
