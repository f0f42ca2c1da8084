"""Calls as files: a ZIP of calls, a table of what they used."""

import csv
import datetime
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.call_history import service
from control_api.call_history.links import RecordingLinks
from control_api.ports import RecordingLink
from kit.errors import InputError, NotFoundError
from storage.repositories.call_history import Filter

Json = dict[str, Any]
MAX_CALLS = 1_000
MAX_USAGE_ROWS = 20_000
_PAGE = 500
_COLUMNS = (
    "request_id",
    "session_type",
    "agent_id",
    "workflow_id",
    "from_number",
    "to_number",
    "started_at",
    "duration_s",
    "status",
    "end_reason",
    "cost_usd",
)
_USED = ("stt_s", "llm_tokens", "tts_chars", "telephony_s")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would reckon with


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls; empty lists do not count."""

    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    session_types: Collection[str] = ()
    agent_ids: Collection[str] = ()

    def has(self, row: Json) -> bool:
        """Say whether a call is one of them."""
        type_is_wanted = not self.session_types or row["session_type"] in self.session_types
        return type_is_wanted and (not self.agent_ids or row["agent_id"] in self.agent_ids)


async def rows(
    session: AsyncSession, wanted: Wanted, most: int, links: RecordingLinks, now: datetime.datetime
) -> list[Json]:
    """Return calls, newest first.

    Raises:
        InputError: There are too many for one file.
    """
    within, found = Filter(since=wanted.since, until=wanted.until), list[Json]()
    for offset in range(0, most + 1, _PAGE):
        page = await service.page(session, within, offset, _PAGE, links, now)
        if page.total > most:
            text = f"{page.total} calls are too many for one file (at most {most}); ask for fewer days."
            raise InputError(text, code="export.too_many")
        found += [row for row in page.items if wanted.has(row)]
        if offset + _PAGE >= page.total:
            break
    return found


def table(calls: Sequence[Json]) -> str:
    """Return what calls used, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow((*_COLUMNS, *_USED))
    for row in calls:
        writer.writerow([_plain(row[name]) for name in _COLUMNS] + [row["usage"].get(name, 0) for name in _USED])
    return text.getvalue()


def zipped(calls: Sequence[Json], recording: Callable[[str], Path | RecordingLink] | None) -> Path:
    """Write calls, and their recordings if `recording` finds them, to a temporary ZIP that whoever asked deletes."""
    with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("calls.csv", table(calls), zipfile.ZIP_DEFLATED)
        archive.writestr("calls.json", json.dumps(calls, indent=1, ensure_ascii=False), zipfile.ZIP_DEFLATED)
        for row in calls if recording is not None else ():
            assert recording is not None
            try:
                found = recording(row["id"]) if row["recording_url"] is not None else None
                if isinstance(found, Path):  # what a store has, the row links to
                    archive.write(found, f"recordings/{row['id']}.wav")
            except (NotFoundError, FileNotFoundError):
                continue  # on another machine, or deleted
    return Path(file.name)


def _plain(value: Any) -> Any:
    """Keep what a stranger wrote from being a formula; a number with its plus is none."""
    text = "" if value is None else str(value)
    harmless = text.removeprefix("+").isdigit() or not text.startswith(_FORMULA)
    return text if harmless else f"'{text}"
