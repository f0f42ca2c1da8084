"""Sessions: made, taken into use once, closed once."""

import datetime
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.call_meter import CallMeter
from storage.tables.voice_session import VoiceSession


async def by_token_hash(session: AsyncSession, token_hash: str) -> VoiceSession | None:
    """Find the session of a token."""
    found: VoiceSession | None = await session.scalar(select(VoiceSession).where(VoiceSession.token_hash == token_hash))
    return found


async def take(session: AsyncSession, token_hash: str, call_id: str, now: datetime.datetime) -> VoiceSession | None:
    """Take a token into use; None if it cannot be. Of two who try, one succeeds, whatever process they are in."""
    taken: VoiceSession | None = await session.scalar(
        update(VoiceSession)
        .where(
            VoiceSession.token_hash == token_hash,
            VoiceSession.started_at.is_(None),
            VoiceSession.ended_at.is_(None),
            VoiceSession.expires_at > now,
        )
        .values(started_at=now, call_id=call_id)
        .returning(VoiceSession)
    )
    return taken


async def close(session: AsyncSession, session_id: str, now: datetime.datetime) -> bool:
    """Say when a session ended; False if it had ended before."""
    closed = await session.scalar(
        update(VoiceSession)
        .where(VoiceSession.id == session_id, VoiceSession.ended_at.is_(None))
        .values(ended_at=now)
        .returning(VoiceSession.id)
    )
    return closed is not None


async def close_unmetered(session: AsyncSession, before: datetime.datetime) -> int:
    """End the sessions that were taken into use before and have no meter: their process died before it had a call.

    Returns:
        How many there were, of every account in a transaction of every tenant.
    """
    metered = select(CallMeter.id).where(CallMeter.id == VoiceSession.id)
    closed = await session.scalars(
        update(VoiceSession)
        .where(VoiceSession.started_at < before, VoiceSession.ended_at.is_(None), ~metered.exists())
        .values(ended_at=VoiceSession.started_at)
        .returning(VoiceSession.id)
    )
    return len(closed.all())


async def page(session: AsyncSession, limit: int, before: str | None) -> Sequence[VoiceSession]:
    """Return sessions, newest first; `before` is the id of the last one of the page before."""
    query = select(VoiceSession).order_by(VoiceSession.id.desc()).limit(limit)
    if before is not None:
        query = query.where(VoiceSession.id < before)
    return (await session.scalars(query)).all()
