"""Keys by which programs act for an account."""

import datetime
from collections.abc import Sequence

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.api_key import ApiKey


async def by_secret(session: AsyncSession, secret_hash: str) -> ApiKey | None:
    """Return the key with this secret, whatever its state."""
    return await session.scalar(select(ApiKey).where(ApiKey.secret_hash == secret_hash))


async def newest_first(session: AsyncSession) -> Sequence[ApiKey]:
    """Return all keys, revoked ones too."""
    return (await session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id.desc()))).all()


async def revoke(session: AsyncSession, name: str, secret_hash: str, now: datetime.datetime) -> bool:
    """Void a key, named by its id or its secret; say whether there was one to void."""
    key = await session.scalar(
        select(ApiKey)
        .where(or_(ApiKey.id == name, ApiKey.secret_hash == secret_hash), ApiKey.revoked_at.is_(None))
        .with_for_update()
    )
    if key is None:
        return False
    key.revoked_at = now
    return True


async def revoke_all(session: AsyncSession, account_id: str, now: datetime.datetime) -> None:
    """Void all keys of an account."""
    mine = update(ApiKey).where(ApiKey.account_id == account_id, ApiKey.revoked_at.is_(None))
    await session.execute(mine.values(revoked_at=now))


async def note_use(session: AsyncSession, key_id: str, now: datetime.datetime) -> None:
    """Remember that a key is in use."""
    await session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))
