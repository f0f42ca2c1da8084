"""Makes a synthesised sentence ready to play: no silence around it, at speaking level."""

import numpy as np

from providers.embedded.log_mel import Floats

_BLOCK_MS = 5
_AUDIBLE = 0.004
_SOUNDING = 0.02
_GAIN = 10 ** (5.0 / 20.0)
_KNEE = 0.7
_CEILING = 0.97


def trim(audio: Floats, rate_hz: int, *, lead_ms: int, tail_ms: int) -> Floats:
    """Cut silence at both ends down to `lead_ms` and `tail_ms`; if nothing sounds at all, nothing is left."""
    block = rate_hz * _BLOCK_MS // 1000
    whole = len(audio) // block
    peaks = np.abs(audio[: whole * block]).reshape(whole, block).max(axis=1)
    if not (peaks > _SOUNDING).any():
        return audio[:0]
    audible = np.flatnonzero(peaks > _AUDIBLE)
    start = audible[0] * block - rate_hz * lead_ms // 1000
    end = (audible[-1] + 1) * block + rate_hz * tail_ms // 1000
    return audio[max(0, start) : end]


def raise_level(audio: Floats) -> Floats:
    """Make it 5 dB louder; what would exceed 0.7 of full scale bends smoothly and stays below 0.97."""
    louder = audio * np.float32(_GAIN)
    size = np.abs(louder)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.copysign(bent, louder), louder).astype(np.float32)
