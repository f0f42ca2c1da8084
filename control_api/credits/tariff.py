"""What a minute costs an account."""

from collections.abc import Set
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.credits.pricing import Rate
from control_api.principal import LOCAL_ACCOUNT_ID


class OwnKeys(Protocol):
    """Which provider keys an account brings."""

    async def kinds(self, session: AsyncSession, account_id: str) -> Set[str]:
        """Return the kinds (`stt`, `llm`, `tts`) for which the account's own key is used."""


class Tariff:
    """The price list of this server; its own machine talks for nothing."""

    def __init__(self, rate: Rate, own_keys: OwnKeys | None = None) -> None:
        """Keep it; without `own_keys` nobody brings any."""
        self._rate = rate
        self._own_keys = own_keys

    async def rate(self, session: AsyncSession, account_id: str) -> int:
        """Return micro-cents a minute."""
        if account_id == LOCAL_ACCOUNT_ID:
            return 0
        own = await self._own_keys.kinds(session, account_id) if self._own_keys is not None else frozenset[str]()
        return self._rate.with_own_keys(own)
