"""What payment providers call, and what a checkout page needs."""

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.accounts.login import key_of
from control_api.credits import freemius, payments, service
from control_api.dialects.prepatu.credit_schemas import Received
from control_api.dialects.prepatu.credits import CreditHost
from control_api.dialects.prepatu.errors import declared
from kit import money
from kit.errors import InputError, ProtocolError
from storage.engine import EVERY_TENANT
from storage.repositories import users


class Checkout(BaseModel):
    """What a page opens the checkout with.

    Attributes:
        sandbox_params: `token` and `ctx` of a sandbox; null where real money is meant.
        plans: The provider's plan for each package.
    """

    provider: Literal["freemius"] = "freemius"
    product_id: str
    public_key: str
    sandbox: bool
    sandbox_params: Mapping[str, str] | None
    plans: Mapping[str, str]


def payment_router(host: CreditHost) -> APIRouter:
    """Return the routes of payments."""
    router = APIRouter(tags=["credits"])

    @router.post("/webhooks/paddle", responses=declared(401))
    async def receive_paddle(request: Request) -> Received:
        """Credit a payment, once; the body is signed in `Paddle-Signature`."""
        if host.payment_secret is None:
            raise HTTPException(503, "Payments are not configured")
        body, now = await request.body(), host.clock.utc()
        payments.check_signature(request.headers.get("paddle-signature"), body, host.payment_secret, now.timestamp())
        payment = payments.payment_in(body, host.paddle_prices)
        if payment is not None:
            async with host.database.writing(EVERY_TENANT) as session:
                account_id = await _account_of(session, payment.payer_id)
                credited = money.from_cents(payment.credits_cents)
                await service.pay_in(session, account_id, credited, f"paddle/{payment.transaction_id}", now)
        return Received()

    @router.post("/webhooks/freemius", responses=declared(401))
    async def receive_freemius(request: Request) -> Received:
        """Credit a payment, once; the body is signed in `X-Freemius-Signature` or `X-Signature`."""
        if host.freemius is None:
            raise HTTPException(503, "Payments are not configured")
        body = await request.body()
        freemius.check_signature(request.headers, body, host.freemius)
        payment = freemius.payment_in(body, host.freemius)
        if payment is not None:
            async with host.database.writing(EVERY_TENANT) as session:
                account_id = await _account_by_email(session, payment.email)
                credited = money.from_cents(payment.package.credits_cents)
                key = f"freemius/{payment.payment_id}"
                await service.pay_in(session, account_id, credited, key, host.clock.utc())
        return Received()

    @router.get("/v1/config/checkout", responses=declared())
    async def get_checkout() -> Checkout:
        """Show what a page opens the checkout with."""
        product = host.freemius
        if product is None:
            raise HTTPException(503, "Payments are not configured")
        return Checkout(
            product_id=product.product_id,
            public_key=product.public_key,
            sandbox=product.sandbox,
            sandbox_params=freemius.sandbox_parameters(product, int(host.clock.utc().timestamp())),
            plans=product.plans,
        )

    return router


async def _account_of(session: AsyncSession, payer_id: str) -> str:
    user = await users.by_id(session, payer_id)
    if user is not None:
        return user.account_id
    if await users.has_account(session, payer_id):
        return payer_id
    raise ProtocolError("Nobody is known by this id.", code="payment.unknown_payer")


async def _account_by_email(session: AsyncSession, email: str) -> str:
    try:
        user = await users.by_email(session, key_of(email))
    except InputError:
        user = None
    if user is None:
        raise ProtocolError("Nobody is known by this address.", code="payment.unknown_payer")
    return user.account_id
