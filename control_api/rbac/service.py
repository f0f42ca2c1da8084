"""Rows of keys and switches of accounts, and the one question that every request asks."""

import datetime
from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.accounts import api_keys
from control_api.accounts.api_keys import NewKey
from control_api.principal import Kind, Principal
from control_api.rbac.paths import FLAGS, PathRule, flag_of, may_use, normalised
from kit.errors import ForbiddenError, InputError, NotFoundError
from storage.repositories import api_keys as stored_keys
from storage.repositories import feature_flags, key_paths
from storage.tables.api_key import ApiKey
from storage.tables.api_key_path import ApiKeyPath
from storage.tables.feature_flags import FeatureFlags

MAX_RULES = 50
METHODS = ("*", "GET", "POST", "PUT", "PATCH", "DELETE")


async def require(session: AsyncSession, who: Principal, method: str, path: str, *, union: bool) -> None:
    """Pass who may use a path.

    Raises:
        ForbiddenError: `auth.missing_scope` or `auth.feature_off`.
    """
    rules = await rules_of(session, who.key_id) if who.kind is Kind.KEY and who.key_id else ()
    if not may_use(who, method, path, rules, union=union):
        what = "API Key does not have" if who.kind is Kind.KEY else "User does not have"
        raise ForbiddenError(f"Forbidden: {what} required scopes", code="auth.missing_scope")
    flag = flag_of(path)
    if flag is not None and not (await flags_of(session, who.account_id))[flag]:
        raise ForbiddenError(f"Forbidden: feature '{flag}' is not enabled", code="auth.feature_off")


async def rules_of(session: AsyncSession, key_id: str) -> Sequence[PathRule]:
    """Return the rows of a key."""
    return [PathRule(row.allowed_path_prefix, row.allowed_method) for row in await key_paths.of_key(session, key_id)]


async def make_key(
    session: AsyncSession, account_id: str, label: str, rules: Sequence[PathRule], now: datetime.datetime
) -> NewKey:
    """Make a key, restricted to `rules` if there are any; it has no scopes then, for other APIs know no rules.

    Raises:
        InputError: A rule names no path or method, or there are too many keys.
    """
    if len(rules) > MAX_RULES:
        raise InputError(f"A key has at most {MAX_RULES} rules.", code="key.too_many_rules")
    for rule in rules:
        if not rule.prefix.startswith("/") or rule.method.upper() not in METHODS:
            raise InputError("A rule has a path that begins with '/', and a method or '*'.", code="key.bad_rule")
    made = await api_keys.make(session, account_id, label, now)
    if rules:
        made.row.scopes = []  # elsewhere it would have everything
    session.add_all(
        ApiKeyPath(
            account_id=account_id,
            key_id=made.row.id,
            allowed_path_prefix=normalised(rule.prefix),
            allowed_method=rule.method.upper(),
        )
        for rule in rules
    )
    await session.flush()
    return made


async def rename_key(session: AsyncSession, key_id: str, label: str) -> ApiKey:
    """Give a key another label.

    Raises:
        NotFoundError: The account has no such key that is good.
    """
    key = await session.get(ApiKey, key_id)
    if key is None or key.revoked_at is not None:
        raise NotFoundError("Key not found", code="key.not_found")
    key.label = label
    return key


async def active_keys(session: AsyncSession) -> Sequence[ApiKey]:
    """Return the keys that are good, newest first."""
    return [key for key in await stored_keys.newest_first(session) if key.revoked_at is None]


async def flags_of(session: AsyncSession, account_id: str) -> Mapping[str, bool]:
    """Return all switches of an account; they are on where nobody switched them off."""
    row = await session.get(FeatureFlags, account_id)
    kept = row.flags if row is not None else {}
    return {flag: bool(kept.get(flag, True)) for flag in FLAGS}


async def change_flags(session: AsyncSession, account_id: str, wanted: Mapping[str, bool]) -> Mapping[str, bool]:
    """Switch features of an account on and off.

    Raises:
        InputError: There is no such feature.
    """
    unknown = sorted(wanted.keys() - FLAGS.keys())
    if unknown:
        raise InputError(f"No feature '{unknown[0][:50]}'; there are: {', '.join(FLAGS)}.", code="flags.unknown")
    await feature_flags.change(session, account_id, wanted)
    return await flags_of(session, account_id)
