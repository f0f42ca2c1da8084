"""When a caller's samples were spoken: counted, so that jitter shifts nothing, but never far from the clock."""

from collections import deque

from pipeline.ingest import RATE_HZ

_LARGEST_GAP_S = 0.25
_WINDOW = 50  # arrivals; the least delayed of them shows where the line lies
_SMALLEST_SHIFT_S = 0.01
_KEPT_SHIFTS = 32


class MediaTime:
    """One caller's line from samples to seconds since the call began."""

    def __init__(self) -> None:
        """Let sample 0 be spoken at 0 s."""
        self._shifts = deque([(0, 0.0)], _KEPT_SHIFTS)  # from which sample on, how far off the count
        self._arrived_samples = 0
        self._late_s: list[float] = []

    def at_s(self, pos_samples: int, now_s: float) -> float:
        """Return when the sample at `pos_samples` is spoken; all before it have come in by `now_s`.

        A caller who sent nothing for a while, or all at once what a bad network had held back, is put on the clock. In
        between, the least delayed arrival of each second says when its last sample was spoken: just then.
        """
        since_samples, self._arrived_samples = self._arrived_samples, pos_samples
        late_s = now_s - self.spoken_s(pos_samples)
        if abs(late_s) > _LARGEST_GAP_S:
            self._shift(late_s, since_samples)
            return now_s
        self._late_s.append(late_s)
        if len(self._late_s) == _WINDOW:
            least_s = min(self._late_s)
            self._shift(least_s if abs(least_s) > _SMALLEST_SHIFT_S else 0.0, since_samples)
        return self.spoken_s(pos_samples)

    def spoken_s(self, pos_samples: int) -> float:
        """Return when the sample at `pos_samples` was spoken, as it was told when the sample came in."""
        for start_samples, offset_s in reversed(self._shifts):
            if start_samples <= pos_samples:
                return pos_samples / RATE_HZ + offset_s
        return pos_samples / RATE_HZ

    def _shift(self, by_s: float, since_samples: int) -> None:
        self._late_s.clear()
        if by_s:
            self._shifts.append((since_samples, self._shifts[-1][1] + by_s))
