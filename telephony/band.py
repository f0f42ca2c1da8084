"""What a phone line does to speech: 300–3400 Hz, 8 kHz, µ-law."""

import numpy as np
import numpy.typing as npt

from pipeline.audio.mulaw import mulaw_decode, mulaw_encode

LINE_RATE_HZ = 8000
"""The sampling rate of a phone line."""

_LOW_HZ, _HIGH_HZ = 250.0, 3550.0  # the -6 dB points; 300 and 3400 Hz lie about 3 dB and 0.1 dB down
_SPAN_S = 0.01  # length of the filter: 5 ms of delay, a transition of 330 Hz


class _Fir:
    """A filter that goes on where the last chunk ended; the delay is half its length."""

    def __init__(self, taps: npt.NDArray[np.float64]) -> None:
        self._taps = taps
        self._past = np.zeros(len(taps) - 1)

    def run(self, samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        joined = np.concatenate((self._past, samples))
        self._past = joined[len(joined) - len(self._past) :]
        return np.convolve(joined, self._taps, mode="valid") if len(samples) else samples


class ToLine:
    """Turn chunks of speech into what a phone line carries; 5 ms late, continuous over chunks."""

    def __init__(self, rate_hz: int) -> None:
        """Take speech at `rate_hz`, a whole multiple of 8000."""
        self._step = _multiple(rate_hz)
        self._band = _Fir(_band_pass(rate_hz))
        self._phase = 0

    def run(self, samples: npt.NDArray[np.int16]) -> bytes:
        """Return µ-law bytes at 8 kHz; chunks may have any length, the empty one included."""
        filtered = self._band.run(samples.astype(np.float64))
        picked = filtered[self._phase :: self._step]
        self._phase = (self._phase - len(samples)) % self._step
        return mulaw_encode(_to_int16(picked))


class FromLine:
    """Turn µ-law bytes of a phone line into speech; 5 ms late above 8 kHz, continuous over chunks."""

    def __init__(self, rate_hz: int) -> None:
        """Give speech at `rate_hz`, a whole multiple of 8000."""
        self._step = _multiple(rate_hz)
        self._band = _Fir(_band_pass(rate_hz) * self._step)

    def run(self, line: bytes) -> npt.NDArray[np.int16]:
        """Return int16 mono at the rate of this object, `step` samples for each byte."""
        decoded = mulaw_decode(line)
        if self._step == 1:
            return decoded
        stuffed = np.zeros(len(decoded) * self._step)
        stuffed[:: self._step] = decoded
        return _to_int16(self._band.run(stuffed))


class PhoneLine:
    """Speech in, the same speech through a phone line out: as long as what went in, 10 ms late."""

    def __init__(self, rate_hz: int) -> None:
        """Work at `rate_hz` on both ends, a whole multiple of 8000."""
        self._step = _multiple(rate_hz)
        self._to_line = ToLine(rate_hz)
        self._from_line = FromLine(rate_hz)

    def run(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """Pass a chunk, int16 mono, a whole number of line samples long."""
        assert len(samples) % self._step == 0, "a chunk must be a whole number of samples of the line"
        return self._from_line.run(self._to_line.run(samples))


def through_phone_line(samples: npt.NDArray[np.int16], rate_hz: int) -> npt.NDArray[np.int16]:
    """Return `samples` as heard through a phone line, same rate, length and place in time (the delay is taken out).

    Args:
        samples: int16 mono.
        rate_hz: A whole multiple of 8000.
    """
    step = _multiple(rate_hz)
    half = len(_band_pass(rate_hz)) // 2
    delay = half if step == 1 else 2 * half
    padding = delay + -(len(samples) + delay) % step
    padded = np.concatenate((samples, np.zeros(padding, dtype=np.int16)))
    return PhoneLine(rate_hz).run(padded)[delay : delay + len(samples)]


def _multiple(rate_hz: int) -> int:
    if rate_hz <= 0 or rate_hz % LINE_RATE_HZ:
        raise ValueError(f"a rate of {rate_hz} Hz is no multiple of {LINE_RATE_HZ}")
    return rate_hz // LINE_RATE_HZ


def _band_pass(rate_hz: int) -> npt.NDArray[np.float64]:
    """Design a linear-phase band-pass: the difference of two windowed sincs."""
    half = round(_SPAN_S * rate_hz / 2)
    time_s = np.arange(-half, half + 1) / rate_hz
    high = 2 * _HIGH_HZ * np.sinc(2 * _HIGH_HZ * time_s)
    low = 2 * _LOW_HZ * np.sinc(2 * _LOW_HZ * time_s)
    taps: npt.NDArray[np.float64] = (high - low) / rate_hz * np.hamming(2 * half + 1)
    return taps


def _to_int16(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.int16]:
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
