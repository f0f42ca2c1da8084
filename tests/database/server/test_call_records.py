"""Records of calls that have a report and no row: those that a process left behind."""

import datetime
from collections.abc import Mapping
from typing import Any

from server.call_records import CallRecords
from storage.engine import EVERY_TENANT, Database
from storage.repositories import call_records
from storage.tables.account import Account

_AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def _report(call_id: str) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "account_id": "anna",
        "session_id": None,
        "flow_id": "pizza",
        "transport": "websocket",
        "started_at": _AT.isoformat(),
        "duration_s": 1.5,
        "end_reason": "completed",
    }


async def test_only_reports_without_a_row_are_read(database: Database) -> None:
    async with database.writing(EVERY_TENANT) as session:
        session.add(Account(id="anna", name="Anna", created_at=_AT))
    asked: list[str] = []

    def read(call_id: str) -> Mapping[str, Any] | None:
        asked.append(call_id)
        return None if call_id == "damaged" else _report(call_id)

    records = CallRecords(database)
    assert await records.catch_up([], read) == 0
    assert await records.catch_up(["call-1"], read) == 1
    many = ["call-1", "damaged", *(f"call-{n}" for n in range(2, 1_100))]
    assert await records.catch_up(many, read) == 1_098
    assert "call-1" not in asked[1:]
    assert await records.catch_up(many, read) == 0
    assert asked[-1] == "damaged"
    async with database.reading(EVERY_TENANT) as session:
        assert await call_records.known(session, ["call-1", "call-1099", "damaged"]) == {"call-1", "call-1099"}
