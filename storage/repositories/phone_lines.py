"""Telephone lines; the session knows whose."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.phone_line import PhoneLine


async def all_lines(session: AsyncSession) -> Sequence[PhoneLine]:
    """Return lines, oldest first."""
    return (await session.scalars(select(PhoneLine).order_by(PhoneLine.id))).all()


async def count(session: AsyncSession) -> int:
    """Count lines."""
    return await session.scalar(select(func.count(PhoneLine.id))) or 0


async def by_id(session: AsyncSession, line_id: str) -> PhoneLine | None:
    """Return one line."""
    return await session.get(PhoneLine, line_id)


async def by_number(session: AsyncSession, number: str) -> Sequence[PhoneLine]:
    """Return the lines with a number: one of a tenant, all that are claimed for every tenant."""
    return (await session.scalars(select(PhoneLine).where(PhoneLine.number == number).order_by(PhoneLine.id))).all()


async def remove(session: AsyncSession, line_id: str) -> bool:
    """Delete a line; say whether there was one."""
    removed = await session.scalar(delete(PhoneLine).where(PhoneLine.id == line_id).returning(PhoneLine.id))
    return removed is not None


async def remove_all(session: AsyncSession, account_id: str) -> None:
    """Delete all lines of an account."""
    await session.execute(delete(PhoneLine).where(PhoneLine.account_id == account_id))
