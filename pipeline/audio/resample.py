"""Low-delay resampling of live audio.

A stream resampler built for files holds 60 to 150 ms back; this polyphase FIR delays by half its taps (1 to 2 ms) and
turns every 20 ms in into 20 ms out.
"""

from math import gcd

import numpy as np
import numpy.typing as npt

_HALF_TAPS = 12
_FEW_PHASES = 3
_KAISER_BETA = 8.0
_CUTOFF = 0.94  # of the lower Nyquist frequency: the transition band ends at it


class Resampler:
    """One direction of one stream; keeps the filter's memory between chunks."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        """Design the filter; equal rates pass through."""
        divisor = gcd(from_hz, to_hz)
        self._up, self._down = to_hz // divisor, from_hz // divisor
        self._phases = _design(self._up, self._down)
        self._columns = np.ascontiguousarray(self._phases.T)
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
        samples = np.frombuffer(pcm, np.int16)
        line = np.empty(len(self._memory) + len(samples), np.float32)
        line[: len(self._memory)] = self._memory
        line[len(self._memory) :] = samples
        self._memory = line[len(samples) :]
        count = max(0, -(-(len(samples) * self._up - self._offset) // self._down))
        out = self._filter(line, count)
        self._offset += count * self._down - len(samples) * self._up
        np.rint(out, out=out)
        np.minimum(out, 32767, out=out)  # np.clip takes three times as long for so little
        np.maximum(out, -32768, out=out)
        return out.astype(np.int16).tobytes()

    def _filter(self, line: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
        """Return the next `count` samples, not yet rounded."""
        size = line.itemsize
        every = np.ndarray((len(line) - self._taps + 1, self._taps), np.float32, line, strides=(size, size))
        if self._down == 1:  # all phases of every window: one small product
            return np.asarray(np.dot(every, self._columns), np.float32).reshape(-1)
        if self._up > _FEW_PHASES:
            ticks = self._offset + self._down * np.arange(count)
            picked: npt.NDArray[np.float32] = np.einsum(
                "ij,ij->i", every[ticks // self._up], self._phases[ticks % self._up]
            )
            return picked
        out = np.empty(count, np.float32)
        for first in range(min(self._up, count)):  # every `up`th sample has the same phase: one product for all of them
            begin, phase = divmod(self._offset + first * self._down, self._up)
            shape, strides = (-(-(count - first) // self._up), self._taps), (self._down * size, size)
            windows = np.ndarray(shape, np.float32, line, offset=begin * size, strides=strides)
            # einsum: a long vector product copies the windows, and may wake the threads of the algebra library
            np.einsum("ij,j->i", windows, self._phases[phase], out=out[first :: self._up])
        return out


def _design(up: int, down: int) -> npt.NDArray[np.float32]:
    """Return a windowed-sinc low-pass, split into `up` phases, shape `(up, taps)`, newest sample last."""
    widest = max(up, down)
    taps = 2 * _HALF_TAPS * -(-widest // up)
    length = taps * up
    cutoff = _CUTOFF / widest
    time = np.arange(length) - (length - 1) / 2
    prototype = np.sinc(time * cutoff) * cutoff * np.kaiser(length, _KAISER_BETA) * up
    return np.stack([prototype[phase::up][::-1] for phase in range(up)]).astype(np.float32)
