"""How much of what was said is missing in what was heard, and how much is there twice."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.support.sound import RATE_HZ, in_band

_HZ = RATE_HZ // 2  # what is compared lies below 3 kHz
_WINDOW, _HOP, _BLOCK = _HZ * 80 // 1000, _HZ * 20 // 1000, _HZ * 10 // 1000
_NEAR, _REACH = _HZ * 60 // 1000, _HZ * 300 // 1000  # of where a piece should be: looked at first, and at all
_SAME, _SAME_ELSEWHERE = 0.8, 0.85  # correlation of a piece with itself, after a codec; some pieces are like others
_CUT = _WINDOW // 2  # so many pieces across a cut are not found, even if nothing is lost there
_VOICED = 0.04

Sound = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Continuity:
    """In milliseconds, to within 40, of the worst single place.

    Attributes:
        lost_ms: Said and not heard.
        repeated_ms: Heard again.
    """

    lost_ms: float
    repeated_ms: float


def continuity(spoken: Sound, heard: Sound) -> Continuity:
    """Compare what was said with what was heard; pauses between pieces are neither."""
    said, got = in_band(spoken)[::2], in_band(heard)[::2]
    lag = _first_lag(said, got)
    return Continuity(_ms(_lost(said, got, lag)), _ms(_repeated(said, got, lag)))


def _lost(said: Sound, got: Sound, lag: int) -> int:
    """Look for each piece of what was said; a cut alone spoils the pieces across it, so that much is no loss."""
    worst = run = 0
    for start in range(0, len(said) - _WINDOW, _HOP):
        at = _find(said[start : start + _WINDOW], got, start + lag)
        if at is not None:
            lag, run = at - start, 0
        else:
            run += _HOP
            worst = max(worst, run - _CUT)
    return worst


def _repeated(said: Sound, got: Sound, lag: int) -> int:
    """Look where each piece that was heard comes from; it should lie behind the one before it."""
    worst, before = 0, None
    for start in range(0, len(got) - _WINDOW, _HOP):
        piece = got[start : start + _WINDOW]
        if np.min(np.max(np.abs(piece.reshape(-1, _BLOCK)), axis=1)) < _VOICED:
            continue  # silence, or the edge of it
        origin = _find(piece, said, start - lag)
        if origin is None:
            continue
        if before is not None:
            expected = before[1] + min(_WINDOW, start - before[0])
            worst = max(worst, expected - origin)
        before, lag = (start, origin), start - origin
    return worst


def _first_lag(said: Sound, got: Sound) -> int:
    """Return how much later the first second is heard than it was said."""
    piece = said[: _HZ // 2]
    size = 1 << (len(got) + len(piece)).bit_length()
    product = np.fft.irfft(np.fft.rfft(got, size) * np.conj(np.fft.rfft(piece, size)), size)
    return int(np.argmax(product[: len(got)]))


def _find(piece: Sound, where: Sound, about: int) -> int | None:
    """Return where a piece is, if it is within reach of `about`."""
    score, at = _best(piece, where, about, _NEAR)
    if score >= _SAME:
        return at
    score, at = _best(piece, where, about, _REACH)
    return at if score >= _SAME_ELSEWHERE else None


def _best(piece: Sound, where: Sound, about: int, reach: int) -> tuple[float, int]:
    first = max(0, about - reach)
    part = where[first : max(first, about + reach + len(piece))]
    lags = len(part) - len(piece) + 1
    if lags <= 0:
        return 0.0, about
    products = np.correlate(part, piece, "valid")
    energy = np.concatenate(([0.0], np.cumsum(part**2)))
    norm = np.sqrt(np.maximum(energy[len(piece) :] - energy[:lags], 1e-6) * max(1e-9, float(np.sum(piece**2))))
    best = int(np.argmax(products / norm))
    return float(products[best] / norm[best]), first + best


def _ms(samples: int) -> float:
    return round(samples * 1000 / _HZ, 1)
