"""The paths that keys may use."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.api_key_path import ApiKeyPath


async def of_key(session: AsyncSession, key_id: str) -> Sequence[ApiKeyPath]:
    """Return the rules of a key."""
    return (await session.scalars(select(ApiKeyPath).where(ApiKeyPath.key_id == key_id))).all()
