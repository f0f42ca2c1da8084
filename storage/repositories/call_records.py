"""What is known of calls that are over."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.call_record import CallRecord


async def of_session(session: AsyncSession, session_id: str) -> CallRecord | None:
    """Find the call that a session became."""
    found: CallRecord | None = await session.scalar(select(CallRecord).where(CallRecord.session_id == session_id))
    return found


async def known(session: AsyncSession, call_ids: Collection[str]) -> set[str]:
    """Return those of `call_ids` that have a record."""
    return set((await session.scalars(select(CallRecord.id).where(CallRecord.id.in_(call_ids)))).all())


async def newest(session: AsyncSession, limit: int) -> Sequence[CallRecord]:
    """Return the last calls, newest first."""
    query = select(CallRecord).order_by(CallRecord.started_at.desc()).limit(limit)
    return (await session.scalars(query)).all()
