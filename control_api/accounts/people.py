"""How people come to be known: somebody signs up, or comes with a proof of their address."""

import contextlib
import datetime
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.ports import OnSignup
from control_api.principal import Role
from kit.ids import uuid7
from storage.engine import EVERY_TENANT, Database
from storage.repositories import agent_hooks, api_keys, hooks, oauth_identities, phone_lines, provider_choices, users
from storage.tables.account import Account
from storage.tables.oauth_identity import OAuthIdentity
from storage.tables.user import User

_NONE_BEFORE = datetime.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class KnownAs:
    """Who somebody is at an identity provider, which has checked the address."""

    provider: str
    subject: str
    email: str


async def join(
    session: AsyncSession, email: str, password_hash: str | None, now: datetime.datetime, on_signup: OnSignup
) -> User:
    """Make an account with one user; its address is not proven.

    Raises:
        IntegrityError: Somebody has this address.
    """
    email = email.strip()
    account = Account(id=uuid7(), name=email, created_at=now)
    user = User(
        id=uuid7(),
        account_id=account.id,
        email=email,
        email_key=email.lower(),
        password_hash=password_hash,
        role=Role.ADMIN,
        tokens_from=now - _NONE_BEFORE,
        created_at=now,
        email_verified_at=None,
    )
    await users.add_account(session, account)
    session.add(user)
    await session.flush()
    await on_signup(session, account.id)
    return user


async def arrive(database: Database, email: str, now: datetime.datetime, on_signup: OnSignup) -> User:
    """Return who has an address that was proven just now; makes an account if nobody has."""
    try:
        async with database.writing(EVERY_TENANT) as session:
            return await _owner(session, email, now, on_signup)
    except IntegrityError:  # two came at once; the other one was first
        async with database.writing(EVERY_TENANT) as session:
            return await _owner(session, email, now, on_signup)


async def arrive_as(database: Database, who: KnownAs, now: datetime.datetime, on_signup: OnSignup) -> User:
    """Return who is this user of a provider, or else has the address that the provider has checked."""
    async with database.reading(EVERY_TENANT) as session:
        known = await oauth_identities.user_of(session, who.provider, who.subject)
    if known is not None:
        return known
    user = await arrive(database, who.email, now, on_signup)
    identity = OAuthIdentity(
        id=uuid7(),
        account_id=user.account_id,
        user_id=user.id,
        provider=who.provider,
        subject=who.subject,
        created_at=now,
    )
    with contextlib.suppress(IntegrityError):  # two came at once; the other one has noted it
        async with database.writing(user.account_id) as session:
            session.add(identity)
    return user


async def _owner(session: AsyncSession, email: str, now: datetime.datetime, on_signup: OnSignup) -> User:
    user = await users.by_email(session, email.strip().lower())
    if user is None:
        user = await join(session, email, None, now, on_signup)
    elif user.email_verified_at is None:
        await _take_over(session, user, now)
    user.email_verified_at = user.email_verified_at or now
    return user


async def _take_over(session: AsyncSession, user: User, now: datetime.datetime) -> None:
    """Void what somebody unproven left in the account: it may be a stranger who expected its owner."""
    user.password_hash, user.tokens_from = None, now
    await api_keys.revoke_all(session, user.account_id, now)
    await hooks.remove_all(session, user.account_id)
    await provider_choices.remove_all(session, user.account_id)
    await agent_hooks.remove_all(session, user.account_id)
    await phone_lines.remove_all(session, user.account_id)
