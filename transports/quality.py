"""How well a leg carried its call, and what a listener would say of it; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

_R0 = 93.2  # ITU-T G.107, all else at its default
_LOSS_ROBUSTNESS = 20.0  # Opus with its own correction and concealment, as measured codecs of that kind (G.113 App. I)
_CODEC_MS = 26.5  # Opus at 20 ms: the frame and its look-ahead


@dataclass(frozen=True, slots=True)
class LegQuality:
    """What one wire was like.

    Attributes:
        wire: `webrtc` or `websocket`.
        from_s: When it began to carry sound, since the call began.
        seconds: For how long it did.
        jitter_ms: Of what came in (RFC 3550), on average, as the others are; None where it cannot be told.
        loss: Share of packets that were lost, the worse of both directions; None as above.
        rtt_ms: Round trip; None as above.
        mos: Estimated opinion, 1 to 4.5; None as above.
    """

    wire: str
    from_s: float
    seconds: float
    jitter_ms: float | None = None
    loss: float | None = None
    rtt_ms: float | None = None
    mos: float | None = None


class LossRate:
    """The share of packets that were lost lately, from counts of all that ever were."""

    def __init__(self) -> None:
        self._lost = self._all = 0

    def since(self, lost: int, sent: int) -> float:
        """Return the share lost of those sent since the last time, 0 to 1."""
        newly_lost, newly_sent = lost - self._lost, sent - self._all
        self._lost, self._all = lost, sent
        return min(1.0, max(0, newly_lost) / newly_sent) if newly_sent > 0 else 0.0


class QualityLog:
    """Where a transport notes what the wires of its call were like, one after the other."""

    def __init__(self) -> None:
        self._over: list[LegQuality] = []
        self._now: LegQuality | None = None
        self._measured: dict[str, tuple[float, int]] = {}  # the sum, and of how many

    def begin(self, wire: str, at_s: float) -> None:
        """Another wire carries the sound from `at_s` after the call began."""
        if self._now is not None and self._now.wire == wire:
            return
        self._over = self.legs(at_s)
        self._now = LegQuality(wire, round(at_s, 2), 0.0)
        self._measured = {}

    def measure(self, known: Mapping[str, float]) -> None:
        """Note what is known of the wire that carries the sound now; of all measurements the mean counts."""
        if self._now is None:
            return
        for name, value in known.items():
            total, count = self._measured.get(name, (0.0, 0))
            self._measured[name] = (total + value, count + 1)
        mean = {name: round(total / count, 4) for name, (total, count) in self._measured.items()}
        jitter_ms, loss, rtt_ms = mean.get("jitter_ms"), mean.get("loss"), mean.get("rtt_ms")
        self._now = replace(self._now, jitter_ms=jitter_ms, loss=loss, rtt_ms=rtt_ms, mos=mean.get("mos"))

    def legs(self, until_s: float) -> list[LegQuality]:
        """Return all wires, the last of which carried the sound until `until_s` after the call began."""
        if self._now is None:
            return list(self._over)
        return [*self._over, replace(self._now, seconds=round(max(0.0, until_s - self._now.from_s), 2))]


def mos(rtt_ms: float, jitter_ms: float, loss: float) -> float:
    """Estimate the opinion of a listener (E-model, ITU-T G.107, simplified to delay and loss).

    Args:
        rtt_ms: Round trip.
        jitter_ms: Mean deviation; a receiver waits for about twice of it.
        loss: Share of packets, 0 to 1.

    Returns:
        1 (nobody understands) to 4.41 (nothing to complain about).
    """
    delay_ms = rtt_ms / 2 + 2 * jitter_ms + _CODEC_MS
    delayed = 0.024 * delay_ms + (0.11 * (delay_ms - 177.3) if delay_ms > 177.3 else 0.0)
    percent = 100 * min(max(loss, 0.0), 1.0)
    rating = _R0 - delayed - 95 * percent / (percent + _LOSS_ROBUSTNESS)
    if rating <= 0:
        return 1.0
    return min(4.5, 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating))
