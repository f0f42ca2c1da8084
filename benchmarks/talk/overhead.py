"""What a server itself adds to a turn: the time that no model and no deliberate wait covers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_ON_A_TIMER_S = 0.005  # what comes so long after all it needs was waited for on purpose


@dataclass(frozen=True, slots=True)
class TurnMoments:
    """Moments of one answered turn, on one clock.

    Attributes:
        silent_s: The sample came in that completed the detector's last window of silence; None where it is not known.
        asked_s: The detector said that the voice is gone, and the recogniser was asked.
        decided_s: It has been gone for long enough to decide whether the turn is over.
        committed_s: The turn was found to be over.
        out_s: The first frame of the answer was sent.
        models: When models were at work, `(from_s, to_s)`; they may overlap.
    """

    silent_s: float | None
    asked_s: float
    decided_s: float
    committed_s: float
    out_s: float
    models: Sequence[tuple[float, float]] = field(default_factory=tuple)

    @classmethod
    def read(cls, moments: Mapping[str, Any]) -> "TurnMoments":
        """Read what a server wrote as JSON."""
        models = tuple((float(from_s), float(to_s)) for from_s, to_s in moments["models"])
        return cls(**{**moments, "models": models})

    def overhead_s(self) -> float:
        """Return the server's own part of the time from the last silent window to the first frame sent."""
        verdict_s = 0.0 if self.silent_s is None else self.asked_s - self.silent_s
        known_s = max((to_s for _, to_s in self.models if to_s <= self.committed_s), default=self.asked_s)
        waited = [(self.asked_s, self.decided_s)]
        if self.committed_s - max(known_s, self.decided_s) > _ON_A_TIMER_S:
            waited.append((self.decided_s, self.committed_s))
        ready_s = max((to_s for _, to_s in self.models if to_s <= self.out_s), default=self.committed_s)
        ready_s = max(ready_s, self.committed_s)
        if self.out_s - ready_s > _ON_A_TIMER_S:  # ready, and held until no answer would be too soon
            waited.append((ready_s, self.out_s))
        covered_s = covered([*self.models, *waited], self.asked_s, self.out_s)
        return verdict_s + (self.out_s - self.asked_s) - covered_s


def covered(spans: Sequence[tuple[float, float]], from_s: float, to_s: float) -> float:
    """Return how much of `from_s` to `to_s` lies in at least one of `spans`."""
    total_s, here_s = 0.0, from_s
    for first_s, last_s in sorted(spans):
        begin_s, end_s = max(first_s, here_s), min(last_s, to_s)
        if end_s > begin_s:
            total_s += end_s - begin_s
            here_s = end_s
    return total_s
