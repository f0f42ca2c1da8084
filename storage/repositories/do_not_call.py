"""Numbers that an account must not call; the session knows whose."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.do_not_call import DoNotCall


async def by_number(session: AsyncSession, number: str) -> DoNotCall | None:
    """Return the entry of a number."""
    found: DoNotCall | None = await session.scalar(select(DoNotCall).where(DoNotCall.number == number))
    return found


async def page(session: AsyncSession, limit: int, before: str | None) -> Sequence[DoNotCall]:
    """Return entries, newest first; `before` is the id of the last one of the page before."""
    query = select(DoNotCall).order_by(DoNotCall.id.desc()).limit(limit)
    if before is not None:
        query = query.where(DoNotCall.id < before)
    return (await session.scalars(query)).all()


async def remove(session: AsyncSession, number: str) -> bool:
    """Delete the entry of a number; say whether there was one."""
    removed = await session.scalar(delete(DoNotCall).where(DoNotCall.number == number).returning(DoNotCall.id))
    return removed is not None
