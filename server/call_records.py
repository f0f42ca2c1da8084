"""Write the record of every call into the database; the report file beside the recording stays the source."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from storage.engine import EVERY_TENANT, Database
from storage.repositories import call_records
from storage.tables.call_record import CallRecord

log = structlog.get_logger(__name__)


class CallRecords:
    """Files reports as rows. A database that is away costs the row, not the call: it is made up at the next start."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, report: Mapping[str, Any]) -> None:
        """Keep a report (as `server.call_log` writes it)."""
        assert report["account_id"] is not None, "every call is somebody's"
        try:
            async with self._database.writing(EVERY_TENANT) as session:
                session.add(_row(report))
        except SQLAlchemyError as error:
            log.error("record_not_written", call_id=report["call_id"], reason=type(error).__name__)  # noqa: TRY400  no bug

    async def catch_up(self, reports: Iterable[Mapping[str, Any]]) -> int:
        """Keep those of `reports` that have no row yet; return how many."""
        waiting = {report["call_id"]: report for report in reports if report.get("account_id")}
        async with self._database.writing(EVERY_TENANT) as session:
            known = await call_records.known(session, waiting.keys())
            rows = [_row(report) for call_id, report in waiting.items() if call_id not in known]
            session.add_all(rows)
        return len(rows)


def _row(report: Mapping[str, Any]) -> CallRecord:
    return CallRecord(
        id=report["call_id"],
        account_id=report["account_id"],
        session_id=report["session_id"],
        flow_id=report["flow_id"],
        transport=report["transport"],
        started_at=datetime.datetime.fromisoformat(report["started_at"]),
        duration_s=report["duration_s"],
        end_reason=report["end_reason"],
        report=dict(report),
    )
