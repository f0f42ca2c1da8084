"""Endpoints of hooks and what is due to them (docs/adr/0016)."""

import datetime
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.tables.hook_delivery import HookDelivery
from storage.tables.hook_endpoint import HookEndpoint


async def endpoints(session: AsyncSession) -> Sequence[HookEndpoint]:
    """Return the tenant's endpoints, oldest first."""
    return (await session.scalars(select(HookEndpoint).order_by(HookEndpoint.id))).all()


async def endpoints_of(session: AsyncSession, account_id: str) -> Sequence[HookEndpoint]:
    """Return an account's active endpoints."""
    query = select(HookEndpoint).where(HookEndpoint.account_id == account_id, HookEndpoint.active.is_(True))
    return (await session.scalars(query.order_by(HookEndpoint.id))).all()


async def endpoint(session: AsyncSession, endpoint_id: str) -> HookEndpoint | None:
    """Return one of the tenant's endpoints."""
    return (await session.scalars(select(HookEndpoint).where(HookEndpoint.id == endpoint_id))).one_or_none()


async def remove_endpoint(session: AsyncSession, endpoint_id: str) -> bool:
    """Delete one of the tenant's endpoints and all that is due to it; returns whether it was there."""
    await session.execute(delete(HookDelivery).where(HookDelivery.endpoint_id == endpoint_id))
    removed = await session.execute(
        delete(HookEndpoint).where(HookEndpoint.id == endpoint_id).returning(HookEndpoint.id)
    )
    return removed.scalar_one_or_none() is not None


async def remove_all(session: AsyncSession, account_id: str) -> None:
    """Delete all endpoints of an account and all that is due to them."""
    await session.execute(delete(HookDelivery).where(HookDelivery.account_id == account_id))
    await session.execute(delete(HookEndpoint).where(HookEndpoint.account_id == account_id))


async def deliveries(session: AsyncSession, endpoint_id: str, limit: int) -> Sequence[HookDelivery]:
    """Return the last deliveries to an endpoint, newest first."""
    query = select(HookDelivery).where(HookDelivery.endpoint_id == endpoint_id).order_by(HookDelivery.id.desc())
    return (await session.scalars(query.limit(limit))).all()


async def due(session: AsyncSession, now: datetime.datetime, limit: int) -> Sequence[tuple[HookDelivery, HookEndpoint]]:
    """Return what is to be sent now and keep other processes from it until the transaction ends.

    What has something before it about the same subject waits until that was taken or given up. Endpoints that rest
    are sent nothing.
    """
    earlier = aliased(HookDelivery)
    waits = select(earlier.id).where(
        earlier.endpoint_id == HookDelivery.endpoint_id,
        earlier.subject == HookDelivery.subject,
        earlier.id < HookDelivery.id,
        earlier.next_attempt_at.is_not(None),
    )
    query = (
        select(HookDelivery, HookEndpoint)
        .join(HookEndpoint, HookEndpoint.id == HookDelivery.endpoint_id)
        .where(HookDelivery.next_attempt_at <= now, HookEndpoint.active.is_(True), ~waits.exists())
        .order_by(HookDelivery.next_attempt_at, HookDelivery.id)
        .limit(limit)
        .with_for_update(of=HookDelivery, skip_locked=True)
    )
    return [(delivery, endpoint) for delivery, endpoint in (await session.execute(query)).all()]


async def delivery(session: AsyncSession, delivery_id: str) -> HookDelivery | None:
    """Return one delivery; None if its endpoint was deleted meanwhile."""
    return (await session.scalars(select(HookDelivery).where(HookDelivery.id == delivery_id))).one_or_none()


async def forget(session: AsyncSession, before: datetime.datetime) -> None:
    """Delete deliveries that were over before: their bodies hold what people said."""
    over = HookDelivery.next_attempt_at.is_(None)
    await session.execute(delete(HookDelivery).where(over, HookDelivery.created_at < before))
