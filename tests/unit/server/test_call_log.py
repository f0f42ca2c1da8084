import datetime
import json
from pathlib import Path
from types import MappingProxyType

import pytest
import structlog

from kit.errors import NotFoundError
from kit.ids import uuid7
from pipeline.frames.control import Span
from pipeline.report import CallReport, TurnReport
from pipeline.usage import ProviderUse
from server.call_log import RECENT, CallLog
from transports.ports import CallRequest

REQUEST = CallRequest("01934f3c-0000-7000-8000-000000000000", "greet", {}, {"from": "test"}, "anna", "session-1")
TURN = TurnReport(1, "Tomorrow", "At nine?", 480.5, (Span("stt", 1.0, 2.0),), at_s=2.0)

USAGE = (ProviderUse("tts", "embedded", "hibari", requests=2, characters=40),)


def _report(call_id: str) -> CallReport:
    started_at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    variables = MappingProxyType({"name": "Zoë", "at": datetime.date(2026, 1, 2), "more": MappingProxyType({"a": 1})})
    return CallReport(call_id, "greet", started_at, 12.5, "completed", True, variables, (TURN,), USAGE)


async def test_a_report_is_kept_and_written_whole(tmp_path: Path) -> None:
    log, call_id = CallLog(tmp_path), uuid7()
    await log.save(_report(call_id), REQUEST)
    written = json.loads((tmp_path / "calls" / call_id / "report.json").read_text())
    assert written["variables"] == {"name": "Zoë", "at": "2026-01-02", "more": {"a": 1}}
    assert written["turns"][0]["spans"] == [{"name": "stt", "start_ms": 1.0, "end_ms": 2.0}]
    assert (written["account_id"], written["session_id"], written["metadata"]) == (
        "anna",
        "session-1",
        {"from": "test"},
    )
    assert (log.call_ids(), log.stored(call_id), log.stored("other")) == ([call_id], written, None)
    assert [(use["kind"], use["characters"]) for use in written["usage"]] == [("tts", 40)]
    assert log.report(call_id) == written | {"recording": False}
    assert [path.name for path in (tmp_path / "calls" / call_id).iterdir()] == ["report.json"]
    (recent,) = log.recent()
    assert (recent["call_id"], recent["turns"], recent["started_at"]) == (call_id, 1, "2026-01-01T00:00:00+00:00")


async def test_reports_of_earlier_runs_are_taken_up_newest_first(tmp_path: Path) -> None:
    ids = [f"01934f3c-0000-7000-8000-{number:012d}" for number in range(RECENT + 2)]
    log = CallLog(tmp_path)
    for call_id in ids:
        await log.save(_report(call_id), REQUEST)
    again = CallLog(tmp_path)
    again.load()
    assert [each["call_id"] for each in again.recent()] == ids[: -RECENT - 1 : -1]
    assert list(again.recent()) == list(log.recent())


def test_a_damaged_report_is_passed_over(tmp_path: Path) -> None:
    for name, text in (("a", "{"), ("b", "[]"), ("c", "{}")):
        (tmp_path / "calls" / name).mkdir(parents=True)
        (tmp_path / "calls" / name / "report.json").write_text(text)
    log = CallLog(tmp_path)
    with structlog.testing.capture_logs() as lines:
        log.load()
    assert log.recent() == []
    assert [line["event"] for line in lines] == ["report_unreadable"] * 3


async def test_a_full_disk_costs_the_file_only(tmp_path: Path) -> None:
    (tmp_path / "calls").write_text("in the way")
    log = CallLog(tmp_path)
    with structlog.testing.capture_logs() as lines:
        await log.save(_report(uuid7()), REQUEST)
    assert len(log.recent()) == 1
    assert lines[0]["event"] == "report_not_written"


async def test_a_recording_is_found_beside_its_report(tmp_path: Path) -> None:
    log, call_id = CallLog(tmp_path), uuid7()
    with pytest.raises(NotFoundError) as unknown:
        log.recording(call_id)
    await log.save(_report(call_id), REQUEST)
    with pytest.raises(NotFoundError) as unrecorded:
        log.recording(call_id)
    log.recording_path(call_id).write_bytes(b"RIFF")
    assert log.recording(call_id) == log.recording_path(call_id)
    assert log.report(call_id)["recording"] is True
    assert (unknown.value.code, unrecorded.value.code) == ("call.not_found", "call.not_recorded")


async def test_a_report_becomes_a_timeline(tmp_path: Path) -> None:
    log, call_id = CallLog(tmp_path), uuid7()
    await log.save(_report(call_id), REQUEST)
    assert log.trace(call_id)["otherData"]["call_id"] == call_id
    (span,) = (event for event in log.trace(call_id)["traceEvents"] if event["name"] == "stt")
    assert (span["ts"], span["dur"]) == (2_001_000, 1_000)


def test_an_empty_folder_has_no_calls(tmp_path: Path) -> None:
    log = CallLog(tmp_path)
    log.load()
    assert log.recent() == []
