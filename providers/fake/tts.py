"""A voice whose sound is a tone of known length."""

import re
from collections.abc import AsyncGenerator, Iterator
from functools import cache

import numpy as np

from pipeline.capabilities import TtsCapabilities
from pipeline.ports import AS_MADE, SpeakOptions, WordTime, WordTimes
from providers.fake.pace import INSTANT, Pace

_PITCH_HZ = 140.0
_HARMONICS = 6
_PEAK = 9_000.0


class FakeTts:
    """Speaks any text as a buzz at 140 Hz, deterministic to the sample: `s_per_char` seconds a character.

    Attributes:
        spoken: All texts so far.
        asked: How each was to be spoken.
        cancelled: Sentences closed before their end.
    """

    provider = "fake"
    model = "buzz"
    voice = "fake"

    def __init__(
        self,
        *,
        rate_hz: int = 16_000,
        s_per_char: float = 0.06,
        chunk_s: float = 0.1,
        pace: Pace = INSTANT,
        word_times: bool = False,
    ) -> None:
        """Take the length of a character, the length of a chunk, how fast chunks come, and whether words are timed."""
        self.rate_hz = rate_hz
        self.capabilities = TtsCapabilities((rate_hz,), word_times=word_times, languages=())
        self.asked: list[SpeakOptions] = []
        self.spoken: list[str] = []
        self.cancelled = 0
        self._s_per_char = s_per_char
        self._chunk_bytes = 2 * max(1, round(chunk_s * rate_hz))
        self._pace = pace

    def duration_samples(self, text: str) -> int:
        """Return how long `text` takes to say."""
        return round(len(text) * self._s_per_char * self.rate_hz)

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        """Yield the buzz chunk by chunk; empty text yields nothing."""
        self.spoken.append(text)
        self.asked.append(options)
        pcm = buzz(self.duration_samples(text), self.rate_hz)
        whole = False
        try:
            if self.capabilities.word_times and text:
                yield WordTimes(tuple(self._word_times(text)))
            for index, start in enumerate(range(0, len(pcm), self._chunk_bytes)):
                await self._pace.before(index)
                yield pcm[start : start + self._chunk_bytes]
            whole = True
        finally:
            self.cancelled += not whole

    async def warm(self) -> None:
        """Need no warming."""

    async def aclose(self) -> None:
        """Hold nothing."""

    def _word_times(self, text: str) -> Iterator[WordTime]:
        for match in re.finditer(r"\S+", text):
            yield WordTime(match.group(), match.start() * self._s_per_char, match.end() * self._s_per_char)


def buzz(samples: int, rate_hz: int) -> bytes:
    """Return a voiced sound, int16 mono: six harmonics of 140 Hz, peak below 9000."""
    period = _tenth_of_a_second(rate_hz)  # a whole number of its waves, so that it can be repeated
    return (period * (2 * samples // len(period) + 1))[: 2 * samples]


@cache
def _tenth_of_a_second(rate_hz: int) -> bytes:
    phase = 2 * np.pi * _PITCH_HZ / rate_hz * np.arange(rate_hz // 10)
    wave = sum(np.sin(phase * k) / k for k in range(1, _HARMONICS + 1))
    return np.asarray(wave * (_PEAK / 2), dtype="<i2").tobytes()
