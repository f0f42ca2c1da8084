"""Simpler ways to end the same turns, from the same detector, recogniser and end-of-turn model."""

from collections.abc import Callable
from itertools import pairwise

from benchmarks.endpointing.hearing import HeardEdge, HeardTurn, Reading
from benchmarks.endpointing.replay import Delays, Ending
from pipeline.ingest import RATE_HZ
from pipeline.turns.voice_activity import SpeechStarted, SpeechStopped

PIPECAT_COMPLETE = 0.5  # pipecat 1.14, audio/turn/smart_turn: a prediction above this ends the turn
PIPECAT_STOP_S = 3.0  # SmartTurnParams.stop_secs: silence for this long ends it whatever the model says


def end_by_silence(heard: HeardTurn, silence_s: float, delays: Delays) -> Ending:
    """End a turn once nobody has spoken for `silence_s`."""
    return _first(heard, delays, lambda _at_s, quiet_s, _reading: quiet_s + silence_s)


def end_by_smart_turn(heard: HeardTurn, delays: Delays) -> Ending:
    """End a turn when smart-turn says so, as pipecat does by default; after 3 s of silence anyway."""

    def due_s(at_s: float, quiet_s: float, reading: Reading) -> float:
        return at_s + delays.verdict_s if reading.end_probability > PIPECAT_COMPLETE else quiet_s + PIPECAT_STOP_S

    return _first(heard, delays, due_s)


def _first(heard: HeardTurn, delays: Delays, due_s: Callable[[float, float, Reading], float]) -> Ending:
    """Take the first pause that lasts long enough; nothing can be answered before it is read, and then made."""
    edges = [edge for edge in heard.edges if isinstance(edge.edge, SpeechStarted | SpeechStopped)]
    for edge, after in pairwise((*edges, HeardEdge(float("inf"), SpeechStarted(0)))):
        if not isinstance(edge.edge, SpeechStopped) or edge.reading is None or not edge.reading.text:
            continue
        at_s = edge.at_s + delays.detector_s
        over_s = max(due_s(at_s, edge.edge.pos_samples / RATE_HZ, edge.reading), at_s + delays.reading_s)
        if over_s < after.at_s:
            return Ending(heard, over_s + delays.model_s, over_s, begun=1)
    return Ending(heard, None)
