"""The example flows, from the first word to the last, on the embedded models: the real server, a real caller."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from server.caller.client import make_call
from server.caller.command import call
from server.caller.live_call import CallPlan, CallRecord
from server.caller.local_server import local_server
from server.caller.measure import voiced_segments
from server.caller.report import report_of
from server.caller.script import Answer, Expectation, Script, UiAction, read_script, unmet
from server.caller.sound import RATE_HZ
from server.caller.voice import Voice, VoiceSpec
from server.caller.wire import call_url

_EXAMPLES = Path(__file__).parents[2] / "examples"
_FLOWS = ("appointment-booking", "onboarding", "survey")
_STOPS_WITHIN_S = 0.5
_VOICE = Voice(VoiceSpec("deep"))

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_server(_EXAMPLES / "flows", {"DATA_DIR": str(tmp_path_factory.mktemp("data"))}) as started:
        yield started


def _call(address: str, script: Script, *, telephone: bool = False) -> tuple[CallRecord, dict[str, Any]]:
    assert script.flow is not None
    sounds = {line: _VOICE.sound_of(line) for line in script.lines()}
    plan = CallPlan(call_url(address, script.flow), script, sounds, telephone=telephone, limit_s=180)
    record = asyncio.run(make_call(plan))
    report = report_of(record)
    problems = unmet(script.expect, completed=record.completed, variables=record.variables, states=record.states())
    assert problems == [], (record.end_reason, report["errors"], report["turns"])
    return record, report


@pytest.mark.parametrize("telephone", [False, True], ids=["wideband", "telephone"])
@pytest.mark.parametrize("flow", _FLOWS)
def test_an_example_flow_is_completed_with_the_right_variables(address: str, flow: str, telephone: bool) -> None:
    _, report = _call(address, read_script(_EXAMPLES / "callers" / f"{flow}.yaml"), telephone=telephone)
    answered = [turn for turn in report["turns"][1:] if turn["voice_to_voice_ms"] is not None]
    assert len(answered) >= len(report["turns"]) - 2
    assert all(turn["waterfall"]["gap_ms"] is not None for turn in answered)
    # sane, not fast: how fast is for the benchmark, on a machine that does nothing else
    assert 150 < report["voice_to_voice_ms"]["p50"] < 1500


def _survey(first: Answer) -> Script:
    rest = read_script(_EXAMPLES / "callers" / "survey.yaml")
    return Script((first, *rest.answers), "survey", expect=rest.expect)


def test_an_interruption_in_mid_sentence_stops_the_bot_and_is_understood(address: str) -> None:
    script = _survey(Answer(state="rating", say=("I would give it a four.",), barge_in_after_ms=1500))
    record, report = _call(address, script)
    assert report["turns"][1]["interrupted"]
    assert report["turns"][0]["bot"].startswith("Hello, this is")
    assert not report["turns"][0]["bot"].endswith("your visit?")
    caller = voiced_segments(record.caller, RATE_HZ)[0]
    greeting = next(s for s in voiced_segments(record.bot, RATE_HZ) if s.end_samples > caller.start_samples)
    assert greeting.start_samples < caller.start_samples
    assert (greeting.end_samples - caller.start_samples) / RATE_HZ < _STOPS_WITHIN_S


def test_a_form_and_options_can_be_used_by_hand(address: str) -> None:
    details = {"full_name": "Anna Miller", "phone": "555 123 4567", "company_size": "small team"}
    chosen: Mapping[str, Any] = {"selected_id": "business"}
    script = Script(
        (
            Answer(state="details", ui=UiAction("form_submit", details)),
            Answer(state="plan", ui=UiAction("option_select", chosen)),
        ),
        "onboarding",
        expect=Expectation(variables={"full_name": "Anna Miller", "company_size": "small team", "plan": "business"}),
    )
    _, report = _call(address, script)
    assert report["states"] == ["details", "plan", "done"]


_GREETER = """
id: greeter
version: "1.0.0"
initial_state: ask
states:
  ask:
    say: Hello. Are you well?
    transitions:
      on_utterance: [{pattern: "yes|well", target: bye}]
  bye:
    say: I am glad. Goodbye.
    transitions: {}
"""


def test_a_flow_file_can_be_called_with_a_server_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "greeter.yaml").write_text(_GREETER, encoding="utf-8")
    arguments = ["--in-process", "--flow", str(tmp_path / "greeter.yaml"), "--say", "Yes, I am well."]
    result = CliRunner().invoke(call, arguments)
    assert result.exit_code == 0, result.output
    assert "I am glad. Goodbye." in result.output
    assert "completed: True (completed)" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--flow", "greeter.yaml"], "a running server knows its flows by name. Fix: --flow greeter"),
        (["--in-process", "--flow", "/none/greeter.yaml"], "/none/greeter.yaml: no such file"),
    ],
)
def test_a_flow_file_that_cannot_be_called_says_why(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(call, [*arguments, "--say", "Hi."])
    assert result.exit_code == 1
    assert message in result.output


def test_an_unknown_flow_is_told_by_the_server(address: str) -> None:
    script = Script((Answer(say=("Hi.",)),))
    plan = CallPlan(call_url(address, "no-such-flow"), script, {"Hi.": _VOICE.sound_of("Hi.")})
    record = asyncio.run(make_call(plan))
    assert not record.completed
    assert record.end_reason == "flow.not_found"
    assert any("Flow 'no-such-flow' not found. (flow.not_found)" in event.text for event in record.events)
