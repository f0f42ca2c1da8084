"""One row for every call, of whatever transport."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.call_history.figures import PHONE, latency, transcript, usage, usd
from control_api.call_history.links import RecordingLinks
from kit.errors import NotFoundError
from storage.repositories import call_history, call_meters
from storage.repositories.call_history import WEB, Filter
from storage.tables.call_intent import CallIntent
from storage.tables.call_meter import CallMeter
from storage.tables.call_record import CallRecord

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some calls of many."""

    items: list[Json] = field(default_factory=list)
    total: int = 0


async def page(
    session: AsyncSession, wanted: Filter, offset: int, limit: int, links: RecordingLinks, now: datetime.datetime
) -> Page:
    """Return calls, newest first."""
    records = await call_history.page(session, wanted, offset, limit)
    return Page(await _rows(session, records, links, now), await call_history.count(session, wanted))


async def by_request(session: AsyncSession, request_id: str, links: RecordingLinks, now: datetime.datetime) -> Json:
    """Return the call that a request became: one that is over, one that was asked for, or one that goes on.

    Raises:
        NotFoundError: `call.not_found`.
    """
    records = await call_history.page(session, Filter(request_id=request_id), 0, 1)
    if records:
        return (await _rows(session, records, links, now))[0]
    intent = await session.get(CallIntent, request_id)
    if intent is not None and intent.account_id:
        return _asked_for(intent)
    meter = await call_meters.of_call(session, request_id)
    if meter is None:
        raise NotFoundError("Call not found", code="call.not_found")
    return _going_on(meter)


def _kind(transport: str, labels: Mapping[str, Any]) -> str:
    """Say how a call came about; what a browser says of itself does not count."""
    return "web" if transport in WEB else str(labels.get("direction", "inbound"))


async def _rows(
    session: AsyncSession, records: Sequence[CallRecord], links: RecordingLinks, now: datetime.datetime
) -> list[Json]:
    costs = await call_history.costs(session, records)
    return [_row(record, costs.get(record.id), links, now) for record in records]


def _row(record: CallRecord, microcents: int | None, links: RecordingLinks, now: datetime.datetime) -> Json:
    report, labels = record.report, record.report.get("metadata", {})
    kind = _kind(record.transport, labels)
    ended_at = record.started_at + datetime.timedelta(seconds=record.duration_s)
    on_phone = record.transport in PHONE
    return {
        "id": record.id,
        "request_id": record.id,
        "call_session_id": record.session_id or record.id,
        "user_id": record.account_id,
        "agent_id": record.agent_id,
        "workflow_id": None if record.agent_id else record.flow_id,
        "session_type": kind,
        "call_direction": kind if kind != "web" else "inbound",
        "from_number": labels.get("from") if on_phone else None,
        "to_number": labels.get("to") if on_phone else None,
        "status": "completed" if record.end_reason not in _FAILED else "failed",
        "end_reason": record.end_reason,
        "started_at": record.started_at.isoformat(),
        "answered_at": record.started_at.isoformat(),
        "ended_at": ended_at.isoformat(),
        "duration_s": round(record.duration_s, 3),
        "recording_url": links.link(record.id, now) if report.get("recorded") else None,
        "transcript": transcript(report),
        "variables": report.get("variables", {}),
        "usage": usage(report, on_phone=on_phone),
        "cost_usd": usd(microcents) if microcents is not None else 0.0,
        "latency": latency(report),
        "post_call_analysis_results": [],
    }


_FAILED = frozenset({"internal", "server_lost", "error"})


_UNFILED: Json = {
    "answered_at": None,
    "end_reason": None,
    "ended_at": None,
    "duration_s": 0,
    "recording_url": None,
    "transcript": [],
    "variables": {},
    "usage": {},
    "cost_usd": 0.0,
    "latency": {},
    "post_call_analysis_results": [],
}


def _asked_for(intent: CallIntent) -> Json:
    """Return a call that was asked for and has left no record: it rings, it goes on, or nobody took it."""
    return _UNFILED | {
        "id": intent.id,
        "request_id": intent.id,
        "call_session_id": intent.id,
        "user_id": intent.account_id,
        "agent_id": intent.target_id if intent.target_kind == "agent" else None,
        "workflow_id": intent.target_id if intent.target_kind != "agent" else None,
        "session_type": "outbound",
        "call_direction": "outbound",
        "from_number": None,
        "to_number": intent.to_number,
        "status": intent.status,
        "end_reason": intent.error or (intent.status if intent.ended_at else None),
        "started_at": intent.dialled_at.isoformat(),
        "ended_at": intent.ended_at.isoformat() if intent.ended_at else None,
        "duration_s": intent.duration_s or 0,
        "variables": intent.variables,
    }


def _going_on(meter: CallMeter) -> Json:
    """Return a call that has left no record yet: it goes on, or its record is just being written."""
    about, labels = meter.about, meter.about.get("metadata", {})
    kind = _kind(about["transport"], labels)
    on_phone = about["transport"] in PHONE
    started_at = meter.started_at.isoformat()
    return _UNFILED | {
        "id": about["call_id"],
        "request_id": about["call_id"],
        "call_session_id": meter.id,
        "user_id": meter.account_id,
        "agent_id": about["agent_id"],
        "workflow_id": None if about["agent_id"] else about["flow"],
        "session_type": kind,
        "call_direction": kind if kind != "web" else "inbound",
        "from_number": labels.get("from") if on_phone else None,
        "to_number": labels.get("to") if on_phone else None,
        "status": "in-progress",
        "started_at": started_at,
        "answered_at": started_at,
    }
