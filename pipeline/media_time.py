"""When a caller's samples were spoken: counted, so that jitter shifts nothing, but never far from the clock."""

from pipeline.ingest import RATE_HZ

_LARGEST_GAP_S = 0.25


class MediaTime:
    """One caller's line from samples to seconds since the call began."""

    def __init__(self) -> None:
        """Let sample 0 be spoken at 0 s."""
        self._offset_s = 0.0

    def at_s(self, pos_samples: int, now_s: float) -> float:
        """Return when the sample at `pos_samples`, which has come in at `now_s`, was spoken.

        A caller who sent nothing for a while, or all at once what a bad network had held back, is put on the clock.
        """
        at_s = pos_samples / RATE_HZ + self._offset_s
        if abs(now_s - at_s) > _LARGEST_GAP_S:
            self._offset_s += now_s - at_s
            return now_s
        return at_s
