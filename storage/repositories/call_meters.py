"""Meters of calls (docs/adr/0016)."""

import datetime
from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.call_meter import CallMeter


async def locked(session: AsyncSession, call_id: str) -> CallMeter | None:
    """Return a call's meter and keep others from it until the transaction ends."""
    query = select(CallMeter).where(CallMeter.id == call_id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def not_heard_of_since(session: AsyncSession, time: datetime.datetime) -> Sequence[str]:
    """Return the running calls whose last tick is older; of every account in a transaction of every tenant."""
    query = select(CallMeter.id).where(CallMeter.ended_at.is_(None), CallMeter.last_tick_at < time)
    return (await session.scalars(query.order_by(CallMeter.last_tick_at))).all()


async def captured_since(session: AsyncSession, account_id: str, since: datetime.datetime) -> int:
    """Return what an account's calls that began after `since` have cost so far, in micro-cents."""
    query = select(func.coalesce(func.sum(CallMeter.captured), 0))
    query = query.where(CallMeter.account_id == account_id, CallMeter.started_at > since)
    return int(await session.scalar(query) or 0)


async def running(session: AsyncSession) -> Sequence[CallMeter]:
    """Return the meters of an account's calls that go on, oldest first."""
    query = select(CallMeter).where(CallMeter.ended_at.is_(None)).order_by(CallMeter.started_at, CallMeter.id)
    return (await session.scalars(query)).all()


async def of_call(session: AsyncSession, request_id: str) -> CallMeter | None:
    """Return the meter of a session, of a call without one, or of a session's call that goes on."""
    goes_on = and_(CallMeter.ended_at.is_(None), CallMeter.about["call_id"].as_string() == request_id)
    return (await session.scalars(select(CallMeter).where(or_(CallMeter.id == request_id, goes_on)))).first()
