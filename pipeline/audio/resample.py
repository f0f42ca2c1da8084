"""Low-delay resampling of live audio.

A stream resampler built for files holds 60 to 150 ms back; this polyphase FIR delays by half its taps (1 to 2 ms) and
turns every 20 ms in into 20 ms out.
"""

from math import gcd

import numpy as np
import numpy.typing as npt

_HALF_TAPS = 12
_KAISER_BETA = 8.0
_CUTOFF = 0.94  # of the lower Nyquist frequency: the transition band ends at it


class Resampler:
    """One direction of one stream; keeps the filter's memory between chunks."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        """Design the filter; equal rates pass through."""
        divisor = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // divisor, from_hz // divisor
        self._phases = _design(self._up, self._down)
        self._taps = self._phases.shape[1]
        self._memory = np.zeros(self._taps - 1, np.float32)
        self._offset = 0
        self._half = b""

    def __call__(self, pcm: bytes) -> bytes:
        """Convert a chunk.

        Args:
            pcm: int16 LE mono at `from_hz`; any number of bytes, since networks cut samples in two.

        Returns:
            int16 LE mono at `to_hz`, whole samples.
        """
        if self._half or len(pcm) % 2:
            pcm = self._half + pcm
            whole = len(pcm) // 2 * 2
            pcm, self._half = pcm[:whole], pcm[whole:]
        if self._up == self._down or not pcm:
            return pcm
        samples = np.frombuffer(pcm, np.int16).astype(np.float32)
        line = np.concatenate((self._memory, samples))
        self._memory = line[len(line) - (self._taps - 1) :]
        ticks = np.arange(self._offset, len(samples) * self._up, self._down)
        self._offset += len(ticks) * self._down - len(samples) * self._up
        windows = np.lib.stride_tricks.sliding_window_view(line, self._taps)[ticks // self._up]
        if self._up == 1:
            out = windows @ self._phases[0]
        else:
            out = np.einsum("ij,ij->i", windows, self._phases[ticks % self._up])
        resampled: npt.NDArray[np.int16] = np.clip(np.rint(out), -32768, 32767).astype(np.int16)
        return resampled.tobytes()


def _design(up: int, down: int) -> npt.NDArray[np.float32]:
    """Return a windowed-sinc low-pass, split into `up` phases, shape `(up, taps)`, newest sample last."""
    widest = max(up, down)
    taps = 2 * _HALF_TAPS * -(-widest // up)
    length = taps * up
    cutoff = _CUTOFF / widest
    time = np.arange(length) - (length - 1) / 2
    prototype = np.sinc(time * cutoff) * cutoff * np.kaiser(length, _KAISER_BETA) * up
    return np.stack([prototype[phase::up][::-1] for phase in range(up)]).astype(np.float32)
