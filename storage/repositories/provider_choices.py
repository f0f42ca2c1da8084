"""Which providers an account wants; the session knows whose."""

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.account import Account
from storage.tables.provider_choice import ProviderChoice


async def by_kind(session: AsyncSession, account_id: str) -> Mapping[str, ProviderChoice]:
    """Return an account's choices."""
    query = select(ProviderChoice).where(ProviderChoice.account_id == account_id)
    return {row.kind: row for row in await session.scalars(query)}


async def to_change(session: AsyncSession, account_id: str) -> Mapping[str, ProviderChoice]:
    """Return an account's choices, which nobody else changes until this transaction ends."""
    await session.get(Account, account_id, with_for_update=True)
    return await by_kind(session, account_id)


async def remove_all(session: AsyncSession, account_id: str) -> None:
    """Forget an account's choices, keys and all."""
    await session.execute(delete(ProviderChoice).where(ProviderChoice.account_id == account_id))
