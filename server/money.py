"""Puts together what charges calls and tells about them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.credits import service
from control_api.credits.freemius import FreemiusProduct
from control_api.credits.packages import BY_ID
from control_api.credits.pricing import Rate
from control_api.credits.tariff import Tariff
from control_api.dialects.prepatu.credits import CreditHost, credit_router
from control_api.dialects.prepatu.hooks import HookHost, hook_router
from control_api.dialects.prepatu.payments import payment_router
from control_api.providers.service import StoredKeys
from control_api.webhooks.outbox import StoredOutbox
from control_api.webhooks.sender import HttpSender
from control_api.webhooks.worker import HookWorker
from kit.clock import Clock
from kit.errors import ConfigError
from kit.money import from_cents
from server.billing import Billing
from server.call_log import CallLog
from server.secret_files import secret
from server.settings import Settings
from storage.engine import Database


@dataclass(frozen=True, slots=True)
class Money:
    """The paying side of a server.

    Attributes:
        billing: Meters of calls.
        routers: Its routes.
        grant_microcents: What a new account is given.
    """

    billing: Billing
    routers: Sequence[APIRouter]
    grant_microcents: int
    _worker: HookWorker
    _sender: HttpSender

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Meter, settle, reap and deliver until it closes."""
        async with asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(self._worker.run())
            try:
                async with self.billing.open():
                    yield
            finally:
                delivering.cancel()
        await self._sender.aclose()

    async def welcome(self, session: AsyncSession, account_id: str) -> None:
        """Give a new account its credits, in the transaction of its sign-up."""
        await service.grant_at_sign_up(session, account_id, self.grant_microcents, self.billing.clock.utc())


def build_money(settings: Settings, database: Database, call_log: CallLog) -> Money:
    """Prepare; nothing happens before it is opened."""
    clock = Clock()
    hooks_key = secret(settings.hooks_secret, settings.data_dir / "hooks.secret")
    sender = HttpSender(allow_private=settings.hooks_allow_private)
    worker = HookWorker(StoredOutbox(database, hooks_key), sender, clock)
    tariff = Tariff(Rate(from_cents(settings.rate_per_minute_usd_cents)), StoredKeys())
    billing = Billing(database, tariff, clock, settings.meter_tick_s, call_log, worker.wake)
    credit_host = CreditHost(
        database,
        tariff,
        clock,
        _bytes(settings.admin_token),
        _bytes(settings.paddle_webhook_secret),
        _freemius(settings),
        _paddle_prices(settings),
    )
    hook_host = HookHost(clock, hooks_key, settings.hooks_allow_private)
    routers = (credit_router(credit_host), payment_router(credit_host), hook_router(hook_host))
    grant = from_cents(settings.sign_up_credits_usd_cents)
    return Money(billing, routers, grant, worker, sender)


def _paddle_prices(settings: Settings) -> Mapping[str, str]:
    prices = _by_package(settings.paddle_prices)
    if not prices.keys() <= BY_ID.keys():
        raise ConfigError(f"PADDLE_PRICES needs prices of: {', '.join(BY_ID)}.")
    return prices


def _by_package(setting: str) -> dict[str, str]:
    return dict(each.split("=") for each in setting.split(",") if each)


def _freemius(settings: Settings) -> FreemiusProduct | None:
    product_id, key = settings.freemius_product_id, settings.freemius_secret_key
    if product_id is None:
        return None
    plans = _by_package(settings.freemius_plans)
    if key is None or not plans or not plans.keys() <= BY_ID.keys():
        names = ", ".join(BY_ID)
        raise ConfigError(f"FREEMIUS_PRODUCT_ID needs FREEMIUS_SECRET_KEY, and FREEMIUS_PLANS of: {names}.")
    return FreemiusProduct(
        product_id, settings.freemius_public_key, key.get_secret_value(), plans, settings.freemius_sandbox
    )


def _bytes(setting: SecretStr | None) -> bytes | None:
    return setting.get_secret_value().encode() if setting is not None else None
