"""Where the other side's playback is, by what it says itself. Pure."""


class Acknowledged:
    """Follows one answer at a time: the last place that was told, and the time since."""

    def __init__(self, rate_hz: int) -> None:
        """Count samples at `rate_hz`; nothing has been told."""
        self._rate_hz = rate_hz
        self._pos_samples = 0
        self._at_s: float | None = None

    def begin(self, pos_samples: int) -> None:
        """A new answer starts here; nothing of it has been heard until the other side says so."""
        self._pos_samples, self._at_s = pos_samples, None

    def told(self, pos_samples: int, now_s: float) -> None:
        """All before `pos_samples` had been played at `now_s`; an older place adds nothing."""
        if pos_samples > self._pos_samples:
            self._pos_samples, self._at_s = pos_samples, now_s

    def heard(self, sent_samples: int, now_s: float) -> int:
        """Return how many samples have been heard of those sent: what was told, and the time since."""
        since_s = 0.0 if self._at_s is None else now_s - self._at_s
        return min(sent_samples, self._pos_samples + int(since_s * self._rate_hz))

    def heard_at_s(self, sent_samples: int) -> float | None:
        """Return when all that was sent will have been heard; None as long as nothing has been told."""
        return None if self._at_s is None else self._at_s + (sent_samples - self._pos_samples) / self._rate_hz
