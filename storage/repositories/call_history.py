"""Calls that are over, by what people look for; the session knows whose."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.call_meter import CallMeter
from storage.tables.call_record import CallRecord

WEB = ("websocket", "webrtc")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which calls; what is None does not count.

    Attributes:
        request_id: A call's id, or that of its session.
        session_type: `web`, `inbound` or `outbound`.
    """

    request_id: str | None = None
    session_type: str | None = None
    agent_id: str | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """How many calls there are, how long they were, and what they cost."""

    calls: int
    duration_s: float
    microcents: int


async def page(session: AsyncSession, wanted: Filter, offset: int, limit: int) -> Sequence[CallRecord]:
    """Return calls, newest first."""
    query = _filtered(select(CallRecord), wanted).order_by(CallRecord.started_at.desc(), CallRecord.id.desc())
    return (await session.scalars(query.offset(offset).limit(limit))).all()


async def count(session: AsyncSession, wanted: Filter) -> int:
    """Count calls."""
    return await session.scalar(_filtered(select(func.count(CallRecord.id)), wanted)) or 0


async def costs(session: AsyncSession, records: Sequence[CallRecord]) -> dict[str, int]:
    """Return what calls cost, in micro-cents, by their ids; those that nobody paid for are left out."""
    meters = {record.session_id or record.id: record.id for record in records}
    rows = await session.scalars(select(CallMeter).where(CallMeter.id.in_(meters)))
    return {meters[row.id]: row.captured for row in rows}


async def sums(session: AsyncSession, wanted: Filter) -> Sums:
    """Add up calls."""
    whole = _filtered(select(func.count(CallRecord.id)).add_columns(func.sum(CallRecord.duration_s)), wanted)
    calls, duration_s = (await session.execute(whole)).one()
    meter_id = func.coalesce(CallRecord.session_id, CallRecord.id)
    paid = _filtered(select(func.sum(CallMeter.captured)).join(CallRecord, CallMeter.id == meter_id), wanted)
    return Sums(calls, float(duration_s or 0), int(await session.scalar(paid) or 0))


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.request_id is not None:
        query = query.where(or_(CallRecord.id == wanted.request_id, CallRecord.session_id == wanted.request_id))
    if wanted.session_type == "web":
        query = query.where(CallRecord.transport.in_(WEB))
    elif wanted.session_type is not None:
        direction = CallRecord.report["metadata"]["direction"].as_string()
        query = query.where(CallRecord.transport.not_in(WEB), direction == wanted.session_type)
    if wanted.agent_id is not None:
        query = query.where(CallRecord.agent_id == wanted.agent_id)
    if wanted.since is not None:
        query = query.where(CallRecord.started_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(CallRecord.started_at < wanted.until)
    return query
