"""Write the record of every call into the database; the report file beside the recording stays the source."""

import asyncio
import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from storage.engine import EVERY_TENANT, Database
from storage.repositories import call_records
from storage.tables.call_record import CallRecord

_MOST_WAITING: Final = 1_000
_AT_ONCE: Final = 500
_WAIT_S: Final = 5.0
_LAST_TRY_S: Final = 5.0

log = structlog.get_logger(__name__)


class CallRecords:
    """Files reports as rows, beside the calls: none of them ends later because the database is slow or away.

    What is still to be written when there is too much of it, or when the server stops, is made up at the next start.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(_MOST_WAITING)

    def add(self, report: Mapping[str, Any]) -> None:
        """Keep a report (as `server.call_log` writes it) as soon as possible; never waits, never fails."""
        assert report["account_id"] is not None, "every call is somebody's"
        try:
            self._waiting.put_nowait(report)
        except asyncio.QueueFull:
            log.warning("record_waits_for_a_restart", call_id=report["call_id"])

    async def run(self) -> None:
        """Write until cancelled, in order, each until it is written."""
        while True:
            report = await self._waiting.get()
            try:
                await self._write(report)
            except Exception:  # a job ends here: the others are written, this one is tried again at the next start
                log.exception("record_not_written", call_id=report["call_id"])
            finally:
                self._waiting.task_done()

    async def finish(self) -> None:
        """Let what waits be written, if that can be done soon."""
        try:
            async with asyncio.timeout(_LAST_TRY_S):
                await self._waiting.join()
        except TimeoutError:
            log.warning("records_wait_for_a_restart", count=self._waiting.qsize())

    async def catch_up(self, call_ids: Sequence[str], read: Callable[[str], Mapping[str, Any] | None]) -> int:
        """Keep the calls that have a report but no row yet; return how many.

        Args:
            call_ids: Of all reports there are.
            read: Returns one of them, None if it is damaged; called in a worker thread, for missing ones only.
        """
        made_up = 0
        for start in range(0, len(call_ids), _AT_ONCE):
            part = call_ids[start : start + _AT_ONCE]
            async with self._database.reading(EVERY_TENANT) as session:
                known = await call_records.known(session, part)
            missing = [call_id for call_id in part if call_id not in known]
            reports = await asyncio.to_thread(list, map(read, missing))
            rows = [record_of(report) for report in reports if report is not None and report.get("account_id")]
            async with self._database.writing(EVERY_TENANT) as session:
                session.add_all(rows)
            made_up += len(rows)
        return made_up

    async def _write(self, report: Mapping[str, Any]) -> None:
        while True:
            try:
                async with self._database.writing(EVERY_TENANT) as session:
                    # One that was taken for dead, for its process was slow, has a record already.
                    await session.merge(record_of(report))
            except IntegrityError:
                raise
            except (SQLAlchemyError, OSError) as error:
                log.warning("record_waits", call_id=report["call_id"], reason=type(error).__name__)
            else:
                return
            await asyncio.sleep(_WAIT_S)


def record_of(report: Mapping[str, Any]) -> CallRecord:
    """Return a report as a row."""
    return CallRecord(
        id=report["call_id"],
        account_id=report["account_id"],
        session_id=report["session_id"],
        agent_id=report.get("agent_id"),
        flow_id=report["flow_id"],
        transport=report["transport"],
        started_at=datetime.datetime.fromisoformat(report["started_at"]),
        duration_s=report["duration_s"],
        end_reason=report["end_reason"],
        report=dict(report),
    )
