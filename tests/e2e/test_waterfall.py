"""What the server says of its own speed is what its recording shows: one call, real models, real audio."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.caller.client import make_call
from server.caller.live_call import CallPlan
from server.caller.local_server import local_server
from server.caller.measure import Gap, gaps, voiced_segments
from server.caller.script import read_script
from server.caller.sound import RATE_HZ, read_stereo_wav
from server.caller.voice import Voice, VoiceSpec
from server.caller.wire import call_url

_EXAMPLES = Path(__file__).parents[2] / "examples"
_EXACT_MS = 20.0

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True, slots=True)
class Left:
    """What a call of the survey left on the server."""

    folder: Path
    trace: Mapping[str, Any]
    metrics: str


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Left:
    data = tmp_path_factory.mktemp("data")
    script, voice = read_script(_EXAMPLES / "callers" / "survey.yaml"), Voice(VoiceSpec("deep"))
    sounds = {line: voice.sound_of(line) for line in script.lines()}
    with local_server(_EXAMPLES / "flows", {"DATA_DIR": str(data)}) as address:
        record = asyncio.run(make_call(CallPlan(call_url(address, "survey"), script, sounds, limit_s=120)))
        assert record.completed
        (folder,) = (data / "calls").iterdir()
        trace = httpx.get(f"{address}/calls/{folder.name}/trace.json").raise_for_status().json()
        return Left(folder, trace, httpx.get(f"{address}/metrics").raise_for_status().text)


def _turns(left: Left) -> list[Mapping[str, Any]]:
    report = json.loads((left.folder / "report.json").read_text())
    return [turn for turn in report["turns"] if turn["gap_ms"] is not None]


def _measured(left: Left) -> list[Gap]:
    caller, bot = read_stereo_wav(left.folder / "recording.wav")
    return gaps(voiced_segments(caller, RATE_HZ), voiced_segments(bot, RATE_HZ), RATE_HZ)


def test_the_spans_of_each_turn_add_up_to_the_gap_in_the_recording(filed: Left) -> None:
    turns, measured = _turns(filed), _measured(filed)
    assert len(turns) >= 3
    sums_ms = [sum(span["end_ms"] - span["start_ms"] for span in turn["spans"]) for turn in turns]
    assert sums_ms == pytest.approx([turn["gap_ms"] for turn in turns], abs=1)
    assert [gap.voice_to_voice_ms for gap in measured] == pytest.approx(sums_ms, abs=_EXACT_MS)


def test_each_turn_is_where_the_recording_has_it(filed: Left) -> None:
    turns, measured = _turns(filed), _measured(filed)
    assert [gap.caller_end_samples / RATE_HZ for gap in measured] == pytest.approx(
        [turn["at_s"] for turn in turns], abs=_EXACT_MS / 1000
    )
    caller, _ = read_stereo_wav(filed.folder / "recording.wav")
    voices_s = [segment.start_samples / RATE_HZ for segment in voiced_segments(caller, RATE_HZ)]
    begun_s = [turn["at_s"] - turn["caller_s"] for turn in turns]  # with the first voice, where a turn has a pause
    assert [min(voices_s, key=lambda at_s: abs(at_s - begin_s)) for begin_s in begun_s] == pytest.approx(
        begun_s, abs=0.15
    )
    assert all(turn["bot_s"] > 0.3 for turn in turns)


def test_the_timeline_shows_each_answer_where_the_recording_has_it(filed: Left) -> None:
    answers = [e for e in filed.trace["traceEvents"] if e.get("cat") == "bot" and e["args"]["gap_ms"] is not None]
    assert [gap.bot_start_samples / RATE_HZ for gap in _measured(filed)] == pytest.approx(
        [answer["ts"] / 1e6 for answer in answers], abs=_EXACT_MS / 1000
    )


def test_the_metrics_count_the_call_once_it_is_over(filed: Left) -> None:
    families = text_string_to_metric_families(filed.metrics)
    values = {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}
    gaps_s = [turn["gap_ms"] / 1000 for turn in _turns(filed)]
    assert values["antiphon_gap_seconds_count",] == len(gaps_s)
    assert values["antiphon_gap_seconds_sum",] == pytest.approx(sum(gaps_s))
    assert values["antiphon_calls_total", "completed"] == 1
    assert values["antiphon_active_calls",] == 0
