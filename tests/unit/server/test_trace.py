import json
from typing import Any

import pytest

from pipeline.turn_log import SPANS
from server.trace import LANES, trace_of

GREETING = {
    "turn": 0,
    "caller": "",
    "bot": "Hello.",
    "gap_ms": None,
    "spans": [{"name": "tts", "start_ms": 0.0, "end_ms": 40.0}],
    "interrupted": False,
    "at_s": 0.01,
    "caller_s": None,
    "bot_s": 1.2,
    "failures": [],
}
ANSWER = {
    "turn": 1,
    "caller": "Tomorrow",
    "bot": "At nine?",
    "gap_ms": 420.0,
    "spans": [
        {"name": "endpoint", "start_ms": 0.0, "end_ms": 240.0},
        {"name": "llm_first_token", "start_ms": 240.0, "end_ms": 300.0},
        {"name": "first_sentence", "start_ms": 300.0, "end_ms": 320.0},
        {"name": "tts", "start_ms": 320.0, "end_ms": 420.0},
    ],
    "interrupted": False,
    "at_s": 3.5,
    "caller_s": 0.9,
    "bot_s": 2.0,
    "failures": [],
}


def _trace(*turns: dict[str, Any]) -> dict[str, Any]:
    about = {"call_id": "c1", "flow_id": "greet", "started_at": "2026-01-01T00:00:00+00:00", "end_reason": "completed"}
    trace = trace_of(about | {"turns": list(turns)})
    assert json.loads(json.dumps(trace)) == trace
    return trace


def _slices(trace: dict[str, Any]) -> list[tuple[str, str, float, float]]:
    """Lane, name, start and end in ms of what has a length."""
    lanes = {e["tid"]: e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "thread_name"}
    events = [e for e in trace["traceEvents"] if e["ph"] == "X"]
    return [(lanes[e["tid"]], e["name"], e["ts"] / 1000, (e["ts"] + e["dur"]) / 1000) for e in events]


def _instants(trace: dict[str, Any]) -> list[tuple[str, float]]:
    return [(e["name"], e["ts"] / 1000) for e in trace["traceEvents"] if e["ph"] == "i"]


def test_a_turn_lies_in_its_lanes_where_it_was_in_the_call() -> None:
    assert _slices(_trace(GREETING, ANSWER)) == [
        ("tts", "tts", 10, 50),
        ("bot", "Hello.", 50, 1250),
        ("caller", "Tomorrow", 2600, 3500),
        ("endpoint", "endpoint", 3500, 3740),
        ("llm", "llm_first_token", 3740, 3800),
        ("llm", "first_sentence", 3800, 3820),
        ("tts", "tts", 3820, 3920),
        ("bot", "At nine?", 3920, 5920),
    ]


def test_an_interruption_is_marked_where_the_bot_fell_silent() -> None:
    assert _instants(_trace(ANSWER | {"interrupted": True, "bot_s": 0.4})) == [("interrupted", 4320)]
    assert _instants(_trace(ANSWER | {"interrupted": True, "bot_s": None, "bot": ""})) == [("interrupted", 3920)]


def test_an_answer_of_which_nothing_was_heard_is_not_in_the_lane_of_the_bot() -> None:
    assert _slices(_trace(ANSWER | {"bot_s": None}))[-1] == ("tts", "tts", 3820, 3920)


@pytest.mark.parametrize("provider", ["stt", "end_of_turn", "llm", "tts"])
def test_a_failure_is_marked_in_the_lane_of_its_provider(provider: str) -> None:
    assert _instants(_trace(ANSWER | {"failures": [provider]})) == [(f"{provider} failed", 3920)]


def test_a_turn_without_a_time_is_left_out() -> None:
    old = {key: ANSWER[key] for key in ("turn", "caller", "bot", "gap_ms", "spans", "interrupted")}
    assert _slices(_trace(old, ANSWER | {"at_s": None})) == []


def test_every_span_has_a_lane() -> None:
    spans = [{"name": name, "start_ms": 0.0, "end_ms": 1.0} for name in SPANS]
    lanes = {lane for lane, *_ in _slices(_trace(ANSWER | {"spans": spans}))}
    assert lanes == set(LANES)


def test_what_was_done_about_a_provider_is_marked_where_it_happened() -> None:
    incident = {"kind": "stt", "provider": "deepgram", "code": "provider.timeout", "remedy": "replaced", "at_s": 4.25}
    report = {"call_id": "c", "flow_id": "f", "started_at": "t", "end_reason": "completed", "turns": []}
    events = trace_of(report | {"incidents": [incident]})["traceEvents"]
    (mark,) = [event for event in events if event["ph"] == "i"]
    assert (mark["name"], mark["cat"], mark["ts"]) == ("deepgram provider.timeout, replaced", "stt", 4_250_000)
