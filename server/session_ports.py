"""What sessions need of flows and of money, put together from the domains that have it."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.credits import service as credits_service
from control_api.principal import LOCAL_ACCOUNT_ID
from kit.errors import InputError
from kit.money import whole_cents
from storage.tables.call_meter import CallMeter


class NamedFlows(Protocol):
    """Finds flows by name (`server.account_flows.AccountFlows`)."""

    async def pin(self, session: AsyncSession, account_id: str, name: str) -> str | None:
        """Return the version that a name means now; None for a flow of the flows folder."""


class SessionFlows:
    """`control_api.sessions.service.Flows`: those that `named` finds, and the assistant.

    Attributes:
        has_model: Whether a language model can be the assistant.
    """

    def __init__(self, named: NamedFlows, *, has_model: bool) -> None:
        self._named = named
        self._has_model = has_model

    async def pin(self, session: AsyncSession, account_id: str, name: str | None) -> str | None:
        """See the port."""
        if name is not None:
            return await self._named.pin(session, account_id, name)
        if not self._has_model:
            raise InputError(
                "This server has no language model to be an assistant; name a flow_id.", code="session.no_assistant"
            )
        return None


class SessionCredits:
    """`control_api.sessions.service.Credits` over the ledger; who needs no log-in pays nothing."""

    async def remaining_cents(self, session: AsyncSession, account_id: str) -> int | None:
        """See the port."""
        if account_id == LOCAL_ACCOUNT_ID:
            return None
        return whole_cents((await credits_service.balance(session, account_id)).available)

    async def cost_microcents(self, session: AsyncSession, session_id: str) -> int | None:
        """See the port."""
        meter = await session.get(CallMeter, session_id)
        return None if meter is None else meter.captured
