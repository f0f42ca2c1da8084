"""How two wires lie to each other that carry one microphone for a moment, so that nothing comes twice; pure."""

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
TAIL_SAMPLES = RATE_HZ * 8 // 10  # that are kept of each wire
_MOST_SAMPLES = RATE_HZ * 4 // 10  # that one can be ahead
_LEAST_SAMPLES = RATE_HZ // 10  # that both must have
_ALIKE = 0.5  # correlation of a voice with itself after a codec, low tones left out


class Overlap:
    """The last that came over each wire, int16 mono at 16 kHz."""

    def __init__(self) -> None:
        self._tails: dict[object, bytearray] = {}

    def add(self, wire: object, pcm: bytes) -> None:
        """Keep what came over `wire`."""
        tail = self._tails.setdefault(wire, bytearray())
        tail += pcm
        del tail[: -2 * TAIL_SAMPLES]

    def clear(self) -> None:
        """Forget all of it."""
        self._tails.clear()

    def ahead_samples(self, new: object, old: object) -> int:
        """Return how much more of what was said has come over `new` than over `old`; less than 0: that much is missing.

        0 also where the two are not alike, as in silence.
        """
        count = min(len(self._tails.get(wire, b"")) // 2 for wire in (new, old))
        if count < _LEAST_SAMPLES:
            return 0
        return -_lag_samples(self._voice(new, count), self._voice(old, count))

    def last(self, wire: object, count: int) -> bytes:
        """Return the last `count` samples that came over `wire`."""
        return bytes(self._tails[wire][-2 * count :])

    def _voice(self, wire: object, count: int) -> npt.NDArray[np.float64]:
        pcm = np.frombuffer(self._tails[wire], "<i2")[-count:].astype(np.float64)
        return np.diff(pcm, prepend=pcm[0])  # codecs turn the phase of low tones


def _lag_samples(late: npt.NDArray[np.float64], early: npt.NDArray[np.float64]) -> int:
    """Return how many samples later `late` has what `early` has; 0 where they are not alike."""
    count = len(late)
    size = 1 << (2 * count).bit_length()
    product = np.fft.irfft(np.fft.rfft(late, size) * np.conj(np.fft.rfft(early, size)), size)
    most = min(_MOST_SAMPLES, count // 2)
    lags = np.arange(-most, most + 1)
    late_energy, early_energy = (np.concatenate(([0.0], np.cumsum(each**2))) for each in (late, early))
    # At a lag, `late[lag:]` lies over `early[:count - lag]`.
    over = late_energy[np.minimum(count, count + lags)] - late_energy[np.maximum(0, lags)]
    under = early_energy[np.minimum(count, count - lags)] - early_energy[np.maximum(0, -lags)]
    likeness = product[lags] / np.sqrt(np.maximum(over * under, 1.0))
    best = int(np.argmax(likeness))
    return int(lags[best]) if likeness[best] >= _ALIKE else 0
