"""Whether what is heard is what was played: correlation, over any delay. Pure."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

RATE_HZ = 4_000
"""What is compared: below 2 kHz a voice has its strength, and rooms and lines do least to it."""

_SOFTER = 0.5  # 3 dB
_Samples = npt.NDArray[np.float32]


def lowered(frames: Sequence[bytes], rate_hz: int) -> _Samples:
    """Return frames of int16 LE mono, whose rate is a multiple of `RATE_HZ`, as one piece at `RATE_HZ`."""
    samples = np.frombuffer(b"".join(frames), "<i2").astype(np.float32)
    step = rate_hz // RATE_HZ
    kept = samples[: len(samples) // step * step]
    lower: _Samples = kept.reshape(-1, step) @ np.full(step, 1 / step, np.float32)  # a fifth of what mean() takes
    return lower


def echo_share(heard: _Samples, played: _Samples) -> float:
    """Return the share of the energy of `heard` that a delayed, softer copy of `played` explains.

    Args:
        heard: What came in lately, at `RATE_HZ`; 0.2 s tell speech of two people apart.
        played: What went out before and meanwhile: at least as much.

    Returns:
        From 0 (nothing) to 1 (all); 0 where `heard` is not softer than what it would be an echo of.
    """
    size = len(heard)
    if size == 0 or len(played) < size:
        return 0.0
    length = 1 << (len(played) - 1).bit_length()  # what wraps around is not looked at
    spectrum = np.fft.rfft(played, length) * np.conj(np.fft.rfft(heard, length))
    match = np.fft.irfft(spectrum, length)[: len(played) - size + 1]
    sums = np.concatenate(([0.0], np.cumsum(played.astype(np.float64) ** 2)))
    energies = np.maximum(sums[size:] - sums[:-size], 1.0)
    own = max(float(heard.astype(np.float64) @ heard), 1.0)
    shares = np.where(own <= _SOFTER * energies, match**2 / (energies * own), 0.0)
    return float(min(shares.max(), 1.0))
