"""`/v1/credits`."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from control_api.access import DECLARED, Reading, needs, person
from control_api.accounts.login import key_of
from control_api.auth import credentials_of
from control_api.credits import service
from control_api.credits.freemius import FreemiusProduct
from control_api.credits.packages import PACKAGES
from control_api.credits.tariff import Tariff
from control_api.dialects.prepatu.credit_schemas import Balance, LedgerItem, PackageItem, TopUp, TopUpDone
from control_api.dialects.prepatu.errors import declared
from control_api.ports import UtcClock
from control_api.principal import Principal, Role
from control_api.route_table import add_routes
from kit import money
from kit.errors import ForbiddenError, NotFoundError
from storage.engine import EVERY_TENANT, Database
from storage.repositories import users
from storage.repositories.ledger import Movement

_MayRead = Annotated[Principal, Depends(needs("credits:read"))]


@dataclass(frozen=True, slots=True)
class CreditHost:
    """What the routes work with.

    Attributes:
        admin_token: Who sends it as a bearer may top up any account; None: only operators who are logged in.
        payment_secret: Paddle signs with it; None: we sell nothing there.
        freemius: What we sell at Freemius; None: nothing.
        paddle_prices: Paddle's price of each package; see `credits.payments`.
    """

    database: Database
    tariff: Tariff
    clock: UtcClock
    admin_token: bytes | None = None
    payment_secret: bytes | None = None
    freemius: FreemiusProduct | None = None
    paddle_prices: Mapping[str, str] = field(default_factory=dict)


def credit_router(host: CreditHost) -> APIRouter:
    """Return the routes of an account's money."""
    router = APIRouter(prefix="/v1/credits", tags=["credits"])

    @router.get("/balance", responses=declared(401, 403), dependencies=list(DECLARED))
    async def get_balance(who: _MayRead, session: Reading) -> Balance:
        """Show what the account has and what a minute costs it."""
        found = await service.balance(session, who.account_id)
        rate = await host.tariff.rate(session, who.account_id)
        return Balance(
            balance_usd_cents=money.whole_cents(found.available + found.held),
            rate_per_minute_usd_cents=money.cents_up(rate),
            available_usd_cents=money.whole_cents(found.available),
            available_microcents=found.available,
            held_microcents=found.held,
            rate_per_minute_microcents=rate,
        )

    @router.get("/ledger", responses=declared(401, 403), dependencies=list(DECLARED))
    async def list_ledger(
        who: _MayRead,
        session: Reading,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[str | None, Query(max_length=36)] = None,
    ) -> Sequence[LedgerItem]:
        """List all that changed the balance, newest first; for the next page send the last one's `id` as `before`."""
        return [_item(each) for each in await service.history(session, who.account_id, limit, before)]

    @router.get("/packages", responses=declared())
    async def list_packages() -> Sequence[PackageItem]:
        """List what can be bought."""
        return [
            PackageItem(
                id=each.id,
                name=each.name,
                price_usd=each.price_cents / 100,
                credits=each.credits_cents,
                description=each.description,
            )
            for each in PACKAGES
        ]

    add_routes(router, _top_up_router(host))
    return router


def _top_up_router(host: CreditHost) -> APIRouter:
    router = APIRouter(prefix="/v1/credits", tags=["credits"], dependencies=list(DECLARED))

    async def operator(connection: HTTPConnection) -> None:
        bearer = credentials_of(connection).bearer
        if bearer is not None and host.admin_token is not None and _same(bearer, host.admin_token):
            return
        if (await person(connection)).role is not Role.OPERATOR:
            raise ForbiddenError("Only an operator of this server may do that.", code="auth.not_operator")

    @router.post("/top-up", responses=declared(401, 403, 404), dependencies=[Depends(operator)])
    async def top_up(body: TopUp) -> TopUpDone:
        """Give an account credits; for operators."""
        now = host.clock.utc()
        async with host.database.writing(EVERY_TENANT) as session:
            account_id = await _named_account(session, body)
            amount = money.from_cents(body.amount_usd_cents)
            applied = await service.top_up(session, account_id, amount, body.key, now, body.note)
            found = await service.balance(session, account_id)
        return TopUpDone(
            account_id=account_id,
            applied=applied,
            balance_usd_cents=money.whole_cents(found.available + found.held),
        )

    return router


def _same(given: str, secret: bytes) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), secret)


async def _named_account(session: AsyncSession, body: TopUp) -> str:
    if body.account_id is not None and await users.has_account(session, body.account_id):
        return body.account_id
    user = await users.by_email(session, key_of(body.email)) if body.email is not None else None
    if user is None:
        raise NotFoundError("No such account", code="account.not_found")
    return user.account_id


def _item(movement: Movement) -> LedgerItem:
    return LedgerItem(
        id=movement.id,
        kind=movement.kind,
        created_at=movement.at.timestamp(),
        session_id=movement.call_id,
        note=movement.note,
        microcents=movement.available + movement.held,
        available_microcents=movement.available,
        held_microcents=movement.held,
    )
