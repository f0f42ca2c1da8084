"""Takes steady noise out of a caller's audio: spectral subtraction with a floor that follows the quiet moments."""

import numpy as np
import numpy.typing as npt

_HOP = 320  # 20 ms at 16 kHz
_SIZE = 2 * _HOP
_RISE = 1.01  # a frame: the floor may double within 1.4 s
_SMOOTH = 0.7
_MOST_SUBTRACTED = 3.0
_LEAST_LEFT = 0.08  # at full strength, so that what is left does not ring


class NoiseReducer:
    """One direction of one call. What comes out is 20 ms late."""

    def __init__(self, strength: float) -> None:
        """Subtract more, and leave less, the nearer `strength` is to 1."""
        self._over = _MOST_SUBTRACTED * strength
        self._left = 1.0 - strength * (1.0 - _LEAST_LEFT)
        # Root of a periodic Hann window, before and after: halves that overlap add up to one.
        self._window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE)).astype(np.float32)
        self._last = np.zeros(_HOP, np.float32)
        self._tail = np.zeros(_HOP, np.float32)
        self._level: npt.NDArray[np.float32] | None = None
        self._floor: npt.NDArray[np.float32] | None = None

    def __call__(self, pcm: bytes) -> bytes:
        """Take 20 ms at 16 kHz (640 bytes); return the 20 ms before it, cleaned."""
        samples = np.frombuffer(pcm, np.int16).astype(np.float32)
        spectrum = np.fft.rfft(np.concatenate((self._last, samples)) * self._window)
        whole = np.fft.irfft(spectrum * self._gains(np.abs(spectrum).astype(np.float32))) * self._window
        out = self._tail + whole[:_HOP]
        self._last, self._tail = samples, whole[_HOP:].astype(np.float32)
        return np.clip(np.rint(out), -32768, 32767).astype(np.int16).tobytes()

    def _gains(self, magnitude: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if self._level is None or self._floor is None:
            self._level = self._floor = magnitude
        self._level = _SMOOTH * self._level + (1 - _SMOOTH) * magnitude
        self._floor = np.minimum(self._floor * _RISE + 1e-3, self._level)
        share = self._over * self._floor / np.maximum(magnitude, 1e-6)
        gains: npt.NDArray[np.float32] = np.maximum(1.0 - share, self._left).astype(np.float32)
        return gains
