"""Converts between wire audio and what networks take."""

import numpy as np

from providers.embedded.log_mel import Floats

_FULL_SCALE = 32768.0


def from_pcm(pcm: bytes | bytearray) -> Floats:
    """Return int16 little-endian audio as floats in [-1, 1); a trailing odd byte is ignored."""
    return np.frombuffer(pcm, "<i2", count=len(pcm) // 2).astype(np.float32) / _FULL_SCALE


def to_pcm(audio: Floats) -> bytes:
    """Return audio in [-1, 1] as int16 little-endian."""
    return (audio * (_FULL_SCALE - 1)).astype("<i2").tobytes()
