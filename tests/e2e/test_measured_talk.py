"""The benchmarks' caller and the server with paced models, once, in real time: the instrument itself works."""

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

from benchmarks.bargein.judge import effects
from benchmarks.latency.judge import judge
from benchmarks.talk.caller import Step, play
from benchmarks.talk.overhead import TurnMoments
from benchmarks.talk.server import OURS, running
from benchmarks.talk.spec import NodeSpec
from benchmarks.talk.tape import FRAME_SAMPLES, RATE_HZ, Turn, write_tape
from pipeline.turns.endpointing import PROFILES
from server.caller.measure import voiced_segments
from tests.support.recordings import FOLDER, WORDS

# By its level this recording goes on for 0.37 s of breath after the voice, which no detector takes for speech.
_VOICE_UNTIL_S = {"goforward": 2.27}


def _turn(name: str) -> Turn:
    with wave.open(str(FOLDER / f"{name}.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    first, last = voiced_segments(sound, RATE_HZ)[0], voiced_segments(sound, RATE_HZ)[-1]
    whole = np.concatenate((sound, np.zeros(-len(sound) % FRAME_SAMPLES, np.int16)))
    end_s = _VOICE_UNTIL_S.get(name, last.end_samples / RATE_HZ)
    speech = (first.start_samples / RATE_HZ, end_s)
    return Turn(name, "statement", WORDS[name], "default", speech[1], (speech,), whole)


@pytest.mark.timeout(120)
def test_a_turn_is_answered_and_an_answer_interrupted(tmp_path: Path) -> None:
    turns = [_turn("goforward"), _turn("pae_quick_brown_fox")]
    write_tape(tmp_path, turns)
    with running(OURS, NodeSpec(0, str(tmp_path), "One moment, I am looking for it.", 4.0)) as server:
        steps = [Step(turns[0]), Step(turns[1], over_bot_s=0.7)]
        recording = asyncio.run(play(server.url(), steps))
        figures = server.figures()
    answered, interrupted_too = judge(recording)
    assert answered.wait_ms is not None
    assert 1000 * PROFILES["default"].heard_s - 100 < answered.wait_ms < 3000
    assert interrupted_too.wait_ms is not None
    (effect,) = effects(recording)
    assert effect.stopped
    assert effect.silent_ms is not None
    assert effect.silent_ms < 1500
    assert figures["llm_calls"] >= 2
    assert all(TurnMoments.read(moments).overhead_s() < 0.5 for moments in figures["turns"])
