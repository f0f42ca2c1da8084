"""`/v1/hooks`: where an account is told what happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from control_api.access import DECLARED, Reading, Writing, needs
from control_api.dialects.prepatu.errors import declared
from control_api.dialects.prepatu.hook_schemas import DeliveryItem, HookChange, HookItem, HookMade, HookRequest
from control_api.ports import UtcClock
from control_api.principal import Principal
from control_api.webhooks import service, signing
from control_api.webhooks.addresses import checked_url
from storage.repositories import hooks
from storage.tables.hook_delivery import HookDelivery
from storage.tables.hook_endpoint import HookEndpoint

_MayRead = Annotated[Principal, Depends(needs("hooks:read"))]
_MayWrite = Annotated[Principal, Depends(needs("hooks:write"))]


@dataclass(frozen=True, slots=True)
class HookHost:
    """What the routes work with.

    Attributes:
        server_key: Endpoints' secrets are derived from it.
        allow_private: Hooks may go to addresses that are not public.
    """

    clock: UtcClock
    server_key: bytes
    allow_private: bool


def hook_router(host: HookHost) -> APIRouter:
    """Return the routes of hooks."""
    router = APIRouter(prefix="/v1/hooks", tags=["hooks"], dependencies=list(DECLARED))

    @router.post("", status_code=201, responses=declared(401, 403))
    async def make_hook(who: _MayWrite, session: Writing, body: HookRequest) -> HookMade:
        """Add an endpoint; the answer holds the secret that its requests are signed with."""
        url = checked_url(body.url, allow_private=host.allow_private)
        row = await service.add_endpoint(session, who.account_id, url, body.events, host.clock.utc())
        secret = signing.secret_of(host.server_key, row.id, row.salt)
        return HookMade(secret=secret, **_item(row).model_dump())

    @router.get("", responses=declared(401, 403))
    async def list_hooks(who: _MayRead, session: Reading) -> Sequence[HookItem]:
        """List the account's endpoints, oldest first."""
        return [_item(row) for row in await hooks.endpoints(session)]

    @router.get("/{hook_id}", responses=declared(401, 403, 404))
    async def get_hook(who: _MayRead, session: Reading, hook_id: str) -> HookItem:
        """Show an endpoint."""
        return _item(await service.endpoint(session, hook_id))

    @router.patch("/{hook_id}", responses=declared(401, 403, 404))
    async def change_hook(who: _MayWrite, session: Writing, hook_id: str, body: HookChange) -> HookItem:
        """Change an endpoint, or let it rest."""
        row = await service.endpoint(session, hook_id)
        if body.url is not None:
            row.url = checked_url(body.url, allow_private=host.allow_private)
        row.events = row.events if body.events is None else sorted(set(body.events))
        row.active = row.active if body.active is None else body.active
        return _item(row)

    @router.delete("/{hook_id}", status_code=204, responses=declared(401, 403, 404))
    async def remove_hook(who: _MayWrite, session: Writing, hook_id: str) -> Response:
        """Forget an endpoint and what is due to it."""
        await service.remove_endpoint(session, hook_id)
        return Response(status_code=204)

    @router.get("/{hook_id}/deliveries", responses=declared(401, 403, 404))
    async def list_deliveries(
        who: _MayRead, session: Reading, hook_id: str, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Sequence[DeliveryItem]:
        """List the last deliveries to an endpoint, newest first: what was taken, what was not and why."""
        await service.endpoint(session, hook_id)
        return [_delivery(row) for row in await hooks.deliveries(session, hook_id, limit)]

    return router


def _item(row: HookEndpoint) -> HookItem:
    return HookItem(id=row.id, url=row.url, events=row.events, active=row.active, created_at=row.created_at.timestamp())


def _delivery(row: HookDelivery) -> DeliveryItem:
    return DeliveryItem(
        id=row.id,
        event=row.event,
        created_at=row.created_at.timestamp(),
        attempts=row.attempts,
        delivered_at=row.delivered_at.timestamp() if row.delivered_at else None,
        next_attempt_at=row.next_attempt_at.timestamp() if row.next_attempt_at else None,
        last_status=row.last_status,
        last_error=row.last_error,
    )
