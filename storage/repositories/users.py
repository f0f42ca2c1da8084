"""People who log in, and the accounts they came with."""

import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.account import Account
from storage.tables.revoked_token import RevokedToken
from storage.tables.user import User


async def by_email(session: AsyncSession, email_key: str) -> User | None:
    """Return who has this address, in the form that is compared."""
    return await session.scalar(select(User).where(User.email_key == email_key))


async def by_id(session: AsyncSession, user_id: str) -> User | None:
    """Return one user."""
    return await session.get(User, user_id)


async def add_account(session: AsyncSession, account: Account) -> None:
    """Keep a new account at once, so that rows can belong to it."""
    session.add(account)
    await session.flush()


async def has_account(session: AsyncSession, account_id: str) -> bool:
    """Say whether there is such an account."""
    return await session.get(Account, account_id) is not None


async def change_password_hash(session: AsyncSession, user_id: str, password_hash: str) -> None:
    """Keep another hash."""
    await session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


async def note_proof(session: AsyncSession, email_key: str, now: datetime.datetime) -> None:
    """Remember that an address was proven."""
    await session.execute(update(User).where(User.email_key == email_key).values(email_verified_at=now))


async def void_tokens(session: AsyncSession, user_id: str, until: datetime.datetime) -> None:
    """Void all log-in tokens of a user that were made before."""
    await session.execute(update(User).where(User.id == user_id).values(tokens_from=until))


async def is_revoked(session: AsyncSession, token_id: str) -> bool:
    """Say whether one token was given up."""
    return await session.get(RevokedToken, token_id) is not None


async def revoke(session: AsyncSession, token: RevokedToken, now: datetime.datetime) -> None:
    """Void one token, and forget this account's that have run out."""
    await session.execute(delete(RevokedToken).where(RevokedToken.expires_at < now))
    await session.merge(token)


async def first(session: AsyncSession) -> User | None:
    """Return who made the account of this transaction."""
    found: User | None = await session.scalar(select(User).order_by(User.id).limit(1))
    return found
