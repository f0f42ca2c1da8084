"""Keys by which programs act for an account; only their hashes are kept."""

import datetime
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.principal import SCOPES, Kind, Principal, Role
from kit.errors import InputError, NotFoundError, UnauthenticatedError
from storage.repositories import api_keys
from storage.tables.api_key import ApiKey

PREFIX = "pk_live_"
MAX_KEYS = 100
_SHOWN = len(PREFIX) + 6
USE_NOTED_EVERY = datetime.timedelta(minutes=1)
"""How exactly `last_used_at` is known: a write for each request would cost more than it tells."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and, this once, its secret."""

    row: ApiKey
    secret: str


async def make(
    session: AsyncSession,
    account_id: str,
    label: str,
    now: datetime.datetime,
    *,
    scopes: Sequence[str] = (),
    expires_at: datetime.datetime | None = None,
) -> NewKey:
    """Make a key; without `scopes` it has all of them.

    Raises:
        InputError: There is no such scope, the time is over, or there are too many keys.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise InputError(f"No such scope: {unknown[0]}. There are: {', '.join(SCOPES)}.", code="key.unknown_scope")
    if expires_at is not None and expires_at <= now:
        raise InputError("The key would have expired already.", code="key.expired")
    if sum(key.revoked_at is None for key in await api_keys.newest_first(session)) >= MAX_KEYS:
        raise InputError(f"An account has at most {MAX_KEYS} keys; revoke one first.", code="key.too_many")
    secret = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        account_id=account_id,
        prefix=secret[:_SHOWN],
        secret_hash=hashed(secret),
        label=label,
        scopes=sorted(set(scopes) or SCOPES),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    await session.flush()
    return NewKey(row, secret)


async def revoke(session: AsyncSession, name: str, now: datetime.datetime) -> None:
    """Void a key, named by its id or by itself.

    Raises:
        NotFoundError: The account has no such key, or it is void.
    """
    if not await api_keys.revoke(session, name, hashed(name), now):
        raise NotFoundError("Key not found", code="key.not_found")


async def find(session: AsyncSession, secret: str, now: datetime.datetime) -> ApiKey:
    """Return the key with this secret.

    Raises:
        UnauthenticatedError: There is none, or it was revoked, or has expired.
    """
    key = await api_keys.by_secret(session, hashed(secret))
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise UnauthenticatedError("Invalid or revoked API key", code="auth.invalid_key")
    return key


def principal_of(key: ApiKey) -> Principal:
    """Return who acts with this key."""
    return Principal(key.account_id, Kind.KEY, frozenset(key.scopes), Role.EDITOR, key_id=key.id)


def use_is_news(key: ApiKey, now: datetime.datetime) -> bool:
    """Say whether it is time to note that the key is in use."""
    return key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY


def hashed(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
