"""Endpoints of an account, and what is put into its outbox."""

import datetime
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import InputError, NotFoundError
from kit.ids import uuid7
from storage.repositories import hooks
from storage.tables.hook_delivery import HookDelivery
from storage.tables.hook_endpoint import HookEndpoint

EVENTS: Final = ("session.started", "session.ended")
MAX_ENDPOINTS: Final = 10


async def add_endpoint(
    session: AsyncSession, account_id: str, url: str, events: Sequence[str], now: datetime.datetime
) -> HookEndpoint:
    """Keep an address, which `addresses.checked_url` has let pass.

    Raises:
        InputError: `hook.too_many`.
    """
    if len(await hooks.endpoints(session)) >= MAX_ENDPOINTS:
        raise InputError(f"An account has at most {MAX_ENDPOINTS} hooks.", code="hook.too_many")
    row = HookEndpoint(
        id=uuid7(),
        account_id=account_id,
        url=url,
        events=sorted(set(events)),
        salt=secrets.token_hex(16),
        active=True,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row


async def endpoint(session: AsyncSession, endpoint_id: str) -> HookEndpoint:
    """Return one of the account's endpoints.

    Raises:
        NotFoundError: `hook.not_found`.
    """
    row = await hooks.endpoint(session, endpoint_id)
    if row is None:
        raise NotFoundError("Hook not found", code="hook.not_found")
    return row


async def remove_endpoint(session: AsyncSession, endpoint_id: str) -> None:
    """Forget an address and what is due to it.

    Raises:
        NotFoundError: `hook.not_found`.
    """
    if not await hooks.remove_endpoint(session, endpoint_id):
        raise NotFoundError("Hook not found", code="hook.not_found")


async def tell(
    session: AsyncSession,
    account_id: str,
    event: str,
    data: Mapping[str, Any],
    now: datetime.datetime,
    subject: str | None = None,
) -> int:
    """Put an event into the account's outbox, in the transaction of what it tells about.

    Args:
        session: The transaction.
        account_id: Whom it concerns.
        event: One of `EVENTS`.
        data: What is told.
        now: When it happened.
        subject: Events about one subject reach an endpoint in the order in which they were told.

    Returns:
        To how many endpoints it goes.
    """
    wanted = [each for each in await hooks.endpoints_of(session, account_id) if event in each.events]
    body = json.dumps({"type": event, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False, default=str)
    for each in wanted:
        session.add(
            HookDelivery(
                id=uuid7(),
                account_id=account_id,
                endpoint_id=each.id,
                subject=subject,
                event=event,
                body=body,
                attempts=0,
                next_attempt_at=now,
                created_at=now,
            )
        )
    return len(wanted)
