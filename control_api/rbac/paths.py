"""Which paths a caller may use, by role and by the rows of a key. Pure but for reading `paths.yaml` once."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from control_api.principal import SCOPES, Kind, Principal, Role

DEVELOPER = "developer"
FLAGS: Mapping[str, str] = {
    "call_analytics": "/api/v1/call-analytics",
    "call_logs": "/api/v1/live-calls",
    "outbound": "/api/v1/batch-call",
}
"""Features that can be switched off, and the paths that belong to each."""
_BILLING = "/api/v1/billing"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class PathRule:
    """What a key may use; the method `*` stands for all."""

    prefix: str
    method: str = "*"


@cache
def role_paths() -> Mapping[str, tuple[str, ...]]:
    """Read the data file."""
    data = yaml.safe_load((Path(__file__).parent / "paths.yaml").read_text(encoding="utf-8"))
    return {role: tuple(prefixes) for role, prefixes in data.items()}


def role_of(who: Principal) -> str:
    """Return the role in this API's words."""
    if who.kind is Kind.KEY:
        return DEVELOPER
    return {Role.OPERATOR: "super_admin", Role.ADMIN: "org_admin"}.get(who.role, DEVELOPER)


def normalised(path: str) -> str:
    """Return a path without doubled slashes, `.`, `..` and a slash at its end."""
    return posixpath.normpath("/" + path.lstrip("/"))


def lies_in(path: str, prefix: str) -> bool:
    """Say whether a normalised path is `prefix` or below it, by whole segments."""
    whole = normalised(prefix)
    return whole == "/" or path == whole or path.startswith(whole + "/")


def may_use(who: Principal, method: str, path: str, rules: Sequence[PathRule], *, union: bool) -> bool:
    """Say whether a caller may use a path.

    Args:
        who: Who asks.
        method: Of HTTP.
        path: As it was asked for.
        rules: Rows of the key; empty for people and for keys without rows.
        union: Whether rows add to the role's paths instead of restricting the key to them.
    """
    plain = normalised(path)
    if who.kind is Kind.KEY and lies_in(plain, _BILLING) and method not in _READING:
        return False
    listed = role_paths()
    by_role = any(lies_in(plain, prefix) for prefix in listed.get(role_of(who), listed[DEVELOPER]))
    by_rule = any(lies_in(plain, rule.prefix) and rule.method.upper() in ("*", method) for rule in rules)
    if rules:
        return by_rule or (union and by_role)
    # A key that was narrowed in another API's words has nothing here but what its rows say.
    return by_role and who.scopes >= frozenset(SCOPES)


def flag_of(path: str) -> str | None:
    """Return the feature that a path belongs to, if it can be switched off."""
    plain = normalised(path)
    return next((flag for flag, prefix in FLAGS.items() if lies_in(plain, prefix)), None)
