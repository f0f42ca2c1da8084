"""What the server says of its own speed is what its recording shows: one call, real models, real audio."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from server.caller.client import CallPlan, make_call
from server.caller.local_server import local_server
from server.caller.measure import Gap, gaps, voiced_segments
from server.caller.script import read_script
from server.caller.sound import RATE_HZ, read_stereo_wav
from server.caller.voice import Voice, VoiceSpec
from server.caller.wire import call_url

_EXAMPLES = Path(__file__).parents[2] / "examples"
_EXACT_MS = 20.0

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a call of the survey left on the server."""
    data = tmp_path_factory.mktemp("data")
    script, voice = read_script(_EXAMPLES / "callers" / "survey.yaml"), Voice(VoiceSpec("deep"))
    sounds = {line: voice.sound_of(line) for line in script.lines()}
    with local_server(_EXAMPLES / "flows", {"DATA_DIR": str(data)}) as address:
        record = asyncio.run(make_call(CallPlan(call_url(address, "survey"), script, sounds, limit_s=120)))
    assert record.completed
    (folder,) = (data / "calls").iterdir()
    return folder


def _turns(folder: Path) -> list[Mapping[str, Any]]:
    report = json.loads((folder / "report.json").read_text())
    return [turn for turn in report["turns"] if turn["gap_ms"] is not None]


def _measured(folder: Path) -> list[Gap]:
    caller, bot = read_stereo_wav(folder / "recording.wav")
    return gaps(voiced_segments(caller, RATE_HZ), voiced_segments(bot, RATE_HZ), RATE_HZ)


def test_the_spans_of_each_turn_add_up_to_the_gap_in_the_recording(filed: Path) -> None:
    turns, measured = _turns(filed), _measured(filed)
    assert len(turns) >= 3
    sums_ms = [sum(span["end_ms"] - span["start_ms"] for span in turn["spans"]) for turn in turns]
    assert sums_ms == pytest.approx([turn["gap_ms"] for turn in turns], abs=1)
    assert [gap.voice_to_voice_ms for gap in measured] == pytest.approx(sums_ms, abs=_EXACT_MS)


def test_each_turn_is_where_the_recording_has_it(filed: Path) -> None:
    turns, measured = _turns(filed), _measured(filed)
    assert [gap.caller_end_samples / RATE_HZ for gap in measured] == pytest.approx(
        [turn["at_s"] for turn in turns], abs=_EXACT_MS / 1000
    )
    assert [gap.caller_start_samples / RATE_HZ for gap in measured] == pytest.approx(
        [turn["at_s"] - turn["caller_s"] for turn in turns], abs=0.15
    )
    assert all(turn["bot_s"] > 0.3 for turn in turns)
