"""What the real models make of a labelled turn, and when: edges of the voice, a reading and a verdict at each pause."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.turn_set import Turn
from pipeline.ears import Ears
from pipeline.ingest import RATE_HZ
from pipeline.turns.voice_activity import SpeechPaused, SpeechStarted, SpeechStopped, VoiceEdge
from pipeline.vad import VadScheduler, VadTrack
from providers.embedded.load import EmbeddedModels

TAIL_S = 2.5
"""How much longer the room goes on than the file: no sensible wait is longer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the models say of all that was said up to a moment."""

    text: str
    confidence: float
    end_probability: float


@dataclass(frozen=True, slots=True)
class HeardEdge:
    """An edge of the voice, at `at_s` of media time; with a reading where the voice is gone."""

    at_s: float
    edge: VoiceEdge
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """A turn through the ears of the server; `took_s` is how long each final reading and each verdict took."""

    turn: Turn
    edges: tuple[HeardEdge, ...]
    took_s: tuple[tuple[float, float], ...] = field(default=(), compare=False)


class _InlineVad(VadScheduler):
    """Scores each window at once: no other call, no thread, the same result."""

    def wake(self, track: VadTrack) -> None:
        while track.pending:
            pos, window = track.pending.pop(0)
            probability = 0.0
            if window is not None:
                scores, states = self.model.run(window[None], np.asarray(track.state)[None])
                probability, track.state = float(scores[0]), states[0]
            track.on_probability(probability, pos)


async def hear(turn: Turn, models: EmbeddedModels) -> HeardTurn:
    """Play a turn to detector, recogniser and end-of-turn model, as fast as they go."""
    edges: list[VoiceEdge] = []
    ears = Ears(turn.rate_hz, _InlineVad(models.vad), models.gate_factory(), edges.append)
    stream = await models.stt.open("en")
    ears.attach(stream)
    heard: list[HeardEdge] = []
    took_s = []
    pcm, step = turn.samples(TAIL_S), turn.rate_hz // 50
    for start in range(0, len(pcm) - step + 1, step):
        ears.feed(pcm[start : start + step].tobytes())
        for edge in edges:
            if isinstance(edge, SpeechStarted):
                ears.open_turn()
            reading = None
            if isinstance(edge, SpeechPaused | SpeechStopped):
                began_s = time.perf_counter()
                result = await stream.finalize()
                read_s = time.perf_counter()
                probability = await models.end_of_turn.probability(ears.turn_pcm())
                took_s.append((read_s - began_s, time.perf_counter() - read_s))
                reading = Reading(result.text, result.confidence, probability)
            heard.append(HeardEdge(ears.pos_samples / RATE_HZ, edge, reading))
            if isinstance(edge, SpeechStopped) and reading is not None and not reading.text:
                ears.close_turn()  # the owner takes it for noise
        edges.clear()
    ears.close()
    await stream.aclose()
    return HeardTurn(turn, tuple(heard), tuple(took_s))


async def hear_all(turns: Sequence[Turn], models: EmbeddedModels) -> list[HeardTurn]:
    """Play all turns, one after the other."""
    return [await hear(turn, models) for turn in turns]
