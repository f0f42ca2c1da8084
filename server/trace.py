"""A call's report as a timeline that Perfetto shows: one lane for each part of a turn. Pure.

The format is Chrome's Trace Event JSON, which ui.perfetto.dev, chrome://tracing and `vizviewer` open; times in it are
microseconds since the call began.
"""

from collections.abc import Iterator, Mapping
from typing import Any

LANES = ("caller", "endpoint", "stt", "end_of_turn", "flow", "llm", "tts", "playout", "bot")
_LANE_OF_SPAN = {"llm_first_token": "llm", "first_sentence": "llm"}
_PROCESS = 1
_S, _MS = 1_000_000, 1_000


def trace_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the timeline of a report, as `server.call_log.CallLog.report` returns it.

    Turns without a time of their own are left out: those that were never answered, and those of reports that were
    written before there were such times.
    """
    events = list(_names(report["call_id"]))
    for turn in report["turns"]:
        if turn.get("at_s") is not None:
            events.extend(_turn(turn))
    for incident in report.get("incidents", ()):
        name = f"{incident['provider']} {incident['code']}, {incident['remedy']}"
        events.append(_instant(incident["kind"], name, incident["at_s"] * _S))
    about = {key: report[key] for key in ("call_id", "flow_id", "started_at", "end_reason")}
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": about}


def _names(call_id: str) -> Iterator[dict[str, Any]]:
    yield {"ph": "M", "pid": _PROCESS, "name": "process_name", "args": {"name": f"call {call_id}"}}
    for lane in LANES:
        about = {"ph": "M", "pid": _PROCESS, "tid": _thread(lane)}
        yield about | {"name": "thread_name", "args": {"name": lane}}
        yield about | {"name": "thread_sort_index", "args": {"sort_index": _thread(lane)}}


def _turn(turn: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    at_us = turn["at_s"] * _S
    if turn["caller_s"]:
        yield _slice("caller", turn["caller"], at_us - turn["caller_s"] * _S, at_us, {"turn": turn["turn"]})
    for span in turn["spans"]:
        lane = _LANE_OF_SPAN.get(span["name"], span["name"])
        start_us, end_us = at_us + span["start_ms"] * _MS, at_us + span["end_ms"] * _MS
        yield _slice(lane, span["name"], start_us, end_us, {"turn": turn["turn"]})
    answered_us = at_us + max((span["end_ms"] for span in turn["spans"]), default=0.0) * _MS
    end_us = answered_us + (turn["bot_s"] or 0.0) * _S
    if end_us > answered_us:
        yield _slice("bot", turn["bot"], answered_us, end_us, {"turn": turn["turn"], "gap_ms": turn["gap_ms"]})
    if turn["interrupted"]:
        yield _instant("bot", "interrupted", end_us)
    for provider in turn["failures"]:
        yield _instant(provider, f"{provider} failed", answered_us)


def _slice(lane: str, name: str, start_us: float, end_us: float, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stretch of a lane; Perfetto hides one without a length."""
    start, end = round(start_us), round(end_us)
    place = {"pid": _PROCESS, "tid": _thread(lane), "cat": lane}
    return place | {"ph": "X", "name": name, "ts": start, "dur": max(1, end - start), "args": dict(about)}


def _instant(lane: str, name: str, at_us: float) -> dict[str, Any]:
    return {"ph": "i", "s": "t", "pid": _PROCESS, "tid": _thread(lane), "cat": lane, "name": name, "ts": round(at_us)}


def _thread(lane: str) -> int:
    return LANES.index(lane) + 1
