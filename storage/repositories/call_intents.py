"""Calls to be made, and the places that they take up (docs/adr/0023)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.account import Account
from storage.tables.call_intent import CallIntent
from storage.tables.calling_rule import CallingRule


@dataclass(frozen=True, slots=True)
class Load:
    """How many calls an account has under way, and has begun of late; the same on one line."""

    account_calls: int
    line_calls: int
    account_begun: int
    line_begun: int


async def lock_account(session: AsyncSession, account_id: str) -> None:
    """Keep others from beginning calls of an account until this transaction ends."""
    await session.get(Account, account_id, with_for_update=True)


async def rule(session: AsyncSession) -> CallingRule | None:
    """Return the tenant's rules, if it has made any."""
    found: CallingRule | None = await session.scalar(select(CallingRule))
    return found


async def by_key(session: AsyncSession, key: str) -> CallIntent | None:
    """Return the call that was asked for under a key."""
    found: CallIntent | None = await session.scalar(select(CallIntent).where(CallIntent.key == key))
    return found


async def by_id(session: AsyncSession, intent_id: str) -> CallIntent | None:
    """Return one call."""
    return await session.get(CallIntent, intent_id)


async def to_change(session: AsyncSession, intent_id: str) -> CallIntent | None:
    """Return one call, which nobody else changes until this transaction ends."""
    return await session.get(CallIntent, intent_id, with_for_update=True, populate_existing=True)


async def of_carrier(session: AsyncSession, carrier_call: str, line_id: str) -> str | None:
    """Return the id of the call of a line that its carrier knows by this name."""
    found: str | None = await session.scalar(
        select(CallIntent.id).where(CallIntent.carrier_call == carrier_call, CallIntent.line_id == line_id).limit(1)
    )
    return found


async def load(session: AsyncSession, line_id: str, now: datetime.datetime, since: datetime.datetime) -> Load:
    """Count the tenant's calls that hold a place now, and those that were dialled after `since`."""
    on_line = func.count().filter(CallIntent.line_id == line_id)
    held = select(func.count(), on_line).select_from(CallIntent).where(CallIntent.lease_until > now)
    begun = select(func.count(), on_line).select_from(CallIntent).where(CallIntent.dialled_at > since)
    account_calls, line_calls = (await session.execute(held)).one()
    account_begun, line_begun = (await session.execute(begun)).one()
    return Load(account_calls, line_calls, account_begun, line_begun)


async def claim_due(
    session: AsyncSession, now: datetime.datetime, again: datetime.datetime, limit: int
) -> Sequence[CallIntent]:
    """Return calls that are to be looked at now; nobody else does before `again`."""
    query = (
        select(CallIntent)
        .where(CallIntent.next_look_at <= now)
        .order_by(CallIntent.next_look_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await session.scalars(query)).all()
    for row in rows:
        row.next_look_at = again
    return rows


async def newest(session: AsyncSession, limit: int, before: str | None) -> Sequence[CallIntent]:
    """Return calls, newest first; `before` is the id of the last one of the page before."""
    query = select(CallIntent).order_by(CallIntent.id.desc()).limit(limit)
    if before is not None:
        query = query.where(CallIntent.id < before)
    return (await session.scalars(query)).all()
