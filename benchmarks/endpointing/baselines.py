"""Simpler ways to end the same turns, from the same detector, recogniser and end-of-turn model."""

from collections.abc import Callable
from itertools import pairwise

from benchmarks.endpointing.hearing import Began, HeardTurn, Paused
from benchmarks.endpointing.replay import Delays, Ending

PIPECAT_COMPLETE = 0.5  # pipecat 1.14, audio/turn/smart_turn: a prediction above this ends the turn
PIPECAT_STOP_S = 3.0  # SmartTurnParams.stop_secs: silence for this long ends it whatever the model says


def end_by_silence(heard: HeardTurn, silence_s: float, delays: Delays) -> Ending:
    """End a turn once nobody has spoken for `silence_s`."""
    return _first(heard, delays, lambda paused: paused.quiet_since_s + silence_s)


def end_by_smart_turn(heard: HeardTurn, delays: Delays) -> Ending:
    """End a turn when smart-turn says so, as pipecat does by default; after 3 s of silence anyway."""

    def due_s(paused: Paused) -> float:
        if paused.end_probability > PIPECAT_COMPLETE:
            return paused.at_s + delays.verdict_s
        return paused.quiet_since_s + PIPECAT_STOP_S

    return _first(heard, delays, due_s)


def _first(heard: HeardTurn, delays: Delays, due_s: Callable[[Paused], float]) -> Ending:
    """Take the first pause that lasts long enough; nothing can be answered before it is read."""
    edges = (*heard.edges, Began(float("inf")))
    for edge, after in pairwise(edges):
        if not isinstance(edge, Paused) or not edge.text:
            continue
        at_s = max(due_s(edge), edge.at_s + delays.reading_s)
        if at_s < after.at_s:
            return Ending(heard, at_s)
    return Ending(heard, None)
