"""Sessions as they are shown: in a listing, and one with what was said in it."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.sessions import service
from control_api.sessions.schemas import SessionDetail, SessionItem
from control_api.sessions.service import Credits
from kit.errors import NotFoundError
from kit.money import MICROCENTS
from storage.repositories import call_records, voice_sessions
from storage.tables.voice_session import VoiceSession


async def page(session: AsyncSession, limit: int, before: str | None, now: datetime.datetime) -> Sequence[SessionItem]:
    """List sessions, newest first; `before` is the id of the last one of the page before."""
    return [item(row, now) for row in await voice_sessions.page(session, limit, before)]


async def detail(session: AsyncSession, session_id: str, now: datetime.datetime, credits_: Credits) -> SessionDetail:
    """Return a session with its transcript, variables, timings and cost.

    Raises:
        NotFoundError: `session.not_found`.
    """
    row = await session.get(VoiceSession, session_id)
    if row is None:
        raise NotFoundError("Session not found", code="session.not_found")
    record = await call_records.of_session(session, session_id)
    report: Mapping[str, Any] = record.report if record is not None else {}
    cost = await credits_.cost_microcents(session, session_id)
    return SessionDetail(
        **item(row, now).model_dump(),
        created_at=row.created_at.timestamp(),
        call_id=row.call_id,
        context=row.context,
        metadata=row.labels,
        end_reason=report.get("end_reason"),
        variables=report.get("variables"),
        transcript=list(_lines(report.get("turns", ()))),
        turns=report.get("turns", ()),
        usage=report.get("usage", ()),
        cost_usd_cents=None if cost is None else cost / MICROCENTS,
        recording_url=f"/v1/sessions/{row.id}/recording.wav" if report.get("recorded") else None,
    )


def item(row: VoiceSession, now: datetime.datetime) -> SessionItem:
    """Return a session as a line of a listing."""
    return SessionItem(
        id=row.id,
        token_prefix=row.token_prefix,
        flow_id=row.flow_name,
        started_at=_unix_s(row.started_at),
        ended_at=_unix_s(row.ended_at),
        duration_secs=service.duration_s(row),
        status=service.status_of(row, now),
    )


def _lines(turns: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    for turn in turns:
        for role, text in (("user", turn["caller"]), ("assistant", turn["bot"])):
            if text:
                yield {"role": role, "text": text}


def _unix_s(at: datetime.datetime | None) -> float | None:
    return None if at is None else at.timestamp()
