"""Which models calls of an account can use."""

from collections.abc import Callable
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.catalogue.rows import Row

CanCall = Callable[[Row], bool]
"""Tells whether calls can use a model: there is an adapter, and a key where one is needed."""


class Reach(Protocol):
    """Knows the keys of accounts and of this server (`server.agent_reach`)."""

    async def of(self, session: AsyncSession, account_id: str) -> CanCall:
        """Return how to tell it for an account."""
