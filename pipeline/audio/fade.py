"""Sound that is cut off or taken up again, without a click."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt


def fade_out(pcm: bytes) -> bytes:
    """Let int16 sound fall to silence over its whole length, along half a cosine."""
    return _shaped(pcm, _rising(len(pcm) // 2)[::-1])


def fade_in(pcm: bytes) -> bytes:
    """Let int16 sound rise from silence over its whole length."""
    return _shaped(pcm, _rising(len(pcm) // 2))


def _shaped(pcm: bytes, gain: npt.NDArray[np.float32]) -> bytes:
    return (np.frombuffer(pcm, "<i2") * gain).astype("<i2").tobytes()


@lru_cache(16)
def _rising(samples: int) -> npt.NDArray[np.float32]:
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(samples) + 0.5) / max(1, samples))).astype(np.float32)
