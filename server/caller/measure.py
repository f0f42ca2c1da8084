"""Measure a recorded call: who spoke when, and how long the caller waited for each answer. Pure.

The recording itself is the witness: nothing that a server says about its own speed is used (ADR 0008).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_FRAME_S = 0.005
_FLOOR_PERCENTILE = 10
_OVER_FLOOR_DB = 14.0
_HYSTERESIS_DB = 6.0
_QUIETEST_DBFS = -52.0
_LOUDEST_FLOOR_DBFS = -44.0  # a channel that is speech nearly throughout must not set its own floor
_SHORTEST_S = 0.04  # shorter is a click
_ONE_BREATH_S = 0.25  # a shorter pause does not end what is being said


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of voice, in samples; `end_samples` is one after the last voiced one."""

    start_samples: int
    end_samples: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A caller's turn and the wait for its answer."""

    caller_start_samples: int
    caller_end_samples: int
    bot_start_samples: int
    rate_hz: int

    @property
    def voice_to_voice_ms(self) -> float:
        """Milliseconds from the last voiced sample of the caller to the first one of the bot."""
        return (self.bot_start_samples - self.caller_end_samples) * 1000 / self.rate_hz


def voiced_segments(samples: npt.NDArray[np.int16], rate_hz: int) -> list[Segment]:
    """Find where a channel carries voice: energy over its own floor, with hysteresis, to the sample.

    Args:
        samples: One channel, int16.
        rate_hz: Its rate.

    Returns:
        Segments in order, clicks left out, pauses within one breath closed.
    """
    frame = round(_FRAME_S * rate_hz)
    whole = samples[: len(samples) // frame * frame].astype(np.float64)
    if not len(whole):
        return []
    level_db = _level_db(whole.reshape(-1, frame))
    on_db = _threshold_db(level_db)
    active = _with_hysteresis(level_db, on_db, on_db - _HYSTERESIS_DB)
    edge = 32768 * 10 ** (on_db / 20)  # noise does not reach it, and each segment does
    segments = [_trim(whole, first * frame, last * frame, edge) for first, last in _runs(active)]
    joined = _join(segments, round(_ONE_BREATH_S * rate_hz))
    return [s for s in joined if s.end_samples - s.start_samples >= _SHORTEST_S * rate_hz]


def gaps(caller: Sequence[Segment], bot: Sequence[Segment], rate_hz: int) -> list[Gap]:
    """Pair the end of each caller's turn with the bot's next onset.

    Left out are turns where the bot was speaking when the caller ended (it answered too early, or went on), and turns
    that the caller took up again, or the call ended, before the bot spoke.
    """
    found = []
    for index, turn in enumerate(caller):
        until = caller[index + 1].start_samples if index + 1 < len(caller) else None
        if any(s.start_samples < turn.end_samples < s.end_samples for s in bot):
            continue
        onset = next((s.start_samples for s in bot if s.start_samples >= turn.end_samples), None)
        if onset is not None and (until is None or onset < until):
            found.append(Gap(turn.start_samples, turn.end_samples, onset, rate_hz))
    return found


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the interpolated percentile of `values`, rounded to 0.1; None of nothing."""
    return round(float(np.percentile(values, percent)), 1) if values else None


def _level_db(frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    power = np.mean(frames**2, axis=1) / 32768.0**2
    level: npt.NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12))
    return level


def _threshold_db(level_db: npt.NDArray[np.float64]) -> float:
    floor_db = min(float(np.percentile(level_db, _FLOOR_PERCENTILE)), _LOUDEST_FLOOR_DBFS)
    return max(floor_db + _OVER_FLOOR_DB, _QUIETEST_DBFS)


def _with_hysteresis(level_db: npt.NDArray[np.float64], on_db: float, off_db: float) -> npt.NDArray[np.bool_]:
    """Mark runs over `off_db` that reach `on_db` somewhere."""
    over = level_db >= off_db
    active = np.zeros(len(over), dtype=np.bool_)
    for first, last in _runs(over):
        active[first:last] = bool((level_db[first:last] >= on_db).any())
    return active


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _trim(samples: npt.NDArray[np.float64], first: int, last: int, edge: float) -> Segment:
    """Move the borders from frames to the first and last sample that is loud enough."""
    loud = np.flatnonzero(np.abs(samples[first:last]) >= edge)
    return Segment(first + int(loud[0]), first + int(loud[-1]) + 1)


def _join(segments: Sequence[Segment], pause_samples: int) -> list[Segment]:
    joined: list[Segment] = []
    for segment in segments:
        if joined and segment.start_samples - joined[-1].end_samples < pause_samples:
            joined[-1] = Segment(joined[-1].start_samples, segment.end_samples)
        else:
            joined.append(segment)
    return joined
