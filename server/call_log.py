"""What is left of calls: a report beside each recording, and the last ones at hand."""

import asyncio
import contextlib
import dataclasses
import datetime
import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from control_api.ports import RecordingLink
from kit.errors import NotFoundError
from pipeline.recorder import mend
from pipeline.report import CallReport
from server.recording_uploads import RecordingUploads
from server.trace import trace_of
from transports.ports import CallRequest

RECENT = 100
_FROM_REQUEST = ("account_id", "session_id", "transport", "metadata", "agent_id")

log = structlog.get_logger(__name__)


class CallLog:
    """Keep `DATA_DIR/calls/<call_id>/report.json`; a recorder writes `recording.wav` beside it."""

    def __init__(self, data_dir: Path, uploads: RecordingUploads | None = None) -> None:
        """Keep all in `data_dir`; recordings only until `uploads` has carried them away."""
        self._calls_dir = data_dir / "calls"
        self._uploads = uploads
        self._recent: deque[Mapping[str, Any]] = deque(maxlen=RECENT)

    def recording_path(self, call_id: str) -> Path:
        """Return where the recording of a call is written."""
        if self._uploads is not None:
            return self._uploads.path_of(call_id)
        return self._calls_dir / call_id / "recording.wav"

    @property
    def has_room(self) -> bool:
        """Whether one more call may be recorded."""
        return self._uploads is None or self._uploads.has_room

    def load(self) -> None:
        """Take up the last reports of earlier runs; call ids sort by time."""
        if not self._calls_dir.is_dir():
            return
        for folder in sorted(self._calls_dir.iterdir())[-RECENT:]:
            try:
                report = json.loads((folder / "report.json").read_text())
                self._recent.appendleft(_summary(report))
            except (OSError, ValueError, TypeError, KeyError):
                log.warning("report_unreadable", call_id=folder.name)

    async def lost(self, request: CallRequest, started_at: datetime.datetime, duration_s: float) -> Mapping[str, Any]:
        """Keep what is left of a call whose process died: its report if it left one, and the recording so far."""
        left = await asyncio.to_thread(self.stored, request.call_id)
        if left is not None:
            return left
        recording = self.recording_path(request.call_id)
        await asyncio.to_thread(_rescue, recording.with_suffix(".part"), recording)
        flow = request.flow or ""
        report = CallReport(request.call_id, flow, started_at, duration_s, "server_lost", False, {}, ())
        return await self.save(report, request)

    async def save(self, report: CallReport, request: CallRequest) -> Mapping[str, Any]:
        """Keep the report of a call that is over, and whose it was; return both as JSON values.

        A full disk costs the file, not the call.
        """
        values = _json_values(report) | {key: getattr(request, key) for key in _FROM_REQUEST}
        values["legs"] = [dataclasses.asdict(leg) for leg in request.quality.legs(report.duration_s)]
        recording = self.recording_path(report.call_id)
        values["recorded"] = recording.exists() or recording.with_suffix(".part").exists()  # a slow disk finishes it
        self._recent.appendleft(_summary(values))
        try:
            await asyncio.to_thread(_write, self._calls_dir / report.call_id / "report.json", values)
        except OSError as error:
            log.error("report_not_written", call_id=report.call_id, reason=error.strerror)  # noqa: TRY400  no bug
        return values

    def call_ids(self) -> Sequence[str]:
        """Return the calls of which something is kept, oldest first; reads no file."""
        return sorted(os.listdir(self._calls_dir)) if self._calls_dir.is_dir() else []

    def stored(self, call_id: str) -> Mapping[str, Any] | None:
        """Read the report of a call as it was written; None if there is none, or it is damaged."""
        with contextlib.suppress(OSError, ValueError):
            report: dict[str, Any] = json.loads((self._calls_dir / call_id / "report.json").read_text())
            return report
        return None

    def recent(self) -> Sequence[Mapping[str, Any]]:
        """Return the last calls, newest first, without their turns."""
        return list(self._recent)

    def report(self, call_id: str) -> Mapping[str, Any]:
        """Return the report of a call.

        Raises:
            NotFoundError: `call.not_found`.
        """
        try:
            text = (self._calls_dir / call_id / "report.json").read_text()
        except FileNotFoundError as error:
            raise NotFoundError(f"No call {call_id}.", code="call.not_found") from error
        report: dict[str, Any] = json.loads(text)
        return report | {"recording": self._local_recording(call_id) is not None or self._is_stored(report)}

    def trace(self, call_id: str) -> Mapping[str, Any]:
        """Return the timeline of a call.

        Raises:
            NotFoundError: `call.not_found`.
        """
        return trace_of(self.report(call_id))

    def recording(self, call_id: str) -> Path | RecordingLink:
        """Return the WAV file of a call, or where it is.

        Raises:
            NotFoundError: `call.not_found` or `call.not_recorded`.
        """
        path = self._local_recording(call_id)
        if path is not None:
            return path
        is_elsewhere = self._uploads is not None and not (self._calls_dir / call_id / "report.json").exists()
        if self._uploads is not None and (is_elsewhere or self._is_stored(self.report(call_id))):
            return RecordingLink(self._uploads.link(call_id))  # of another node's call, too
        self.report(call_id)
        raise NotFoundError(f"Call {call_id} was not recorded.", code="call.not_recorded")

    def _local_recording(self, call_id: str) -> Path | None:
        if self._uploads is not None and self._uploads.has_left(call_id):
            return None
        beside_report = self._calls_dir / call_id / "recording.wav"  # of before there was a store
        return next((path for path in (self.recording_path(call_id), beside_report) if path.exists()), None)

    def _is_stored(self, report: Mapping[str, Any]) -> bool:
        return self._uploads is not None and bool(report.get("recorded"))


def _json_values(report: CallReport) -> dict[str, Any]:
    turns = [dataclasses.asdict(turn) for turn in report.turns]
    values = {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}
    values |= {"usage": [dataclasses.asdict(use) for use in report.usage], "turns": turns}
    values["incidents"] = [dataclasses.asdict(incident) for incident in report.incidents]
    text = json.dumps(values | {"started_at": report.started_at.isoformat()}, default=_as_json)
    copy: dict[str, Any] = json.loads(text)
    return copy


def _as_json(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _summary(report: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("call_id", "flow_id", "started_at", "duration_s", "end_reason", "completed")
    return {key: report[key] for key in keys} | {"turns": len(report["turns"])}


def _write(path: Path, values: Mapping[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _rescue(part: Path, whole: Path) -> None:
    """Give a recording that was cut off its name; none is left of calls that were not recorded."""
    with contextlib.suppress(FileNotFoundError):
        if mend(part):
            part.replace(whole)
        else:
            part.unlink()
