"""A voice whose sound is a tone of known length."""

from collections.abc import AsyncGenerator

import numpy as np

from providers.fake.pace import INSTANT, Pace

_PITCH_HZ = 140.0
_HARMONICS = 6
_PEAK = 9_000.0


class FakeTts:
    """Speaks any text as a buzz at 140 Hz, deterministic to the sample: `s_per_char` seconds a character.

    Attributes:
        spoken: All texts so far.
        cancelled: Sentences closed before their end.
    """

    voice = "fake"

    def __init__(
        self, *, rate_hz: int = 16_000, s_per_char: float = 0.06, chunk_s: float = 0.1, pace: Pace = INSTANT
    ) -> None:
        """Take the length of a character, the length of a chunk and how fast chunks come."""
        self.rate_hz = rate_hz
        self.spoken: list[str] = []
        self.cancelled = 0
        self._s_per_char = s_per_char
        self._chunk_bytes = 2 * max(1, round(chunk_s * rate_hz))
        self._pace = pace

    def duration_samples(self, text: str) -> int:
        """Return how long `text` takes to say."""
        return round(len(text) * self._s_per_char * self.rate_hz)

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the buzz chunk by chunk; empty text yields nothing."""
        self.spoken.append(text)
        pcm = buzz(self.duration_samples(text), self.rate_hz)
        whole = False
        try:
            for index, start in enumerate(range(0, len(pcm), self._chunk_bytes)):
                await self._pace.before(index)
                yield pcm[start : start + self._chunk_bytes]
            whole = True
        finally:
            self.cancelled += not whole


def buzz(samples: int, rate_hz: int) -> bytes:
    """Return a voiced sound, int16 mono: six harmonics of 140 Hz, peak below 9000."""
    phase = 2 * np.pi * _PITCH_HZ / rate_hz * np.arange(samples)
    wave = sum(np.sin(phase * k) / k for k in range(1, _HARMONICS + 1))
    return np.asarray(wave * (_PEAK / 2), dtype="<i2").tobytes()
