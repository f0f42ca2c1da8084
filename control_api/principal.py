"""Who asks, once it is known."""

import enum
from dataclasses import dataclass

LOCAL_ACCOUNT_ID = "00000000-0000-7000-8000-000000000001"
"""The built-in account of a server on loopback, for those who use it without a credential."""

SCOPES = (
    "flows:read",
    "flows:write",
    "sessions:read",
    "sessions:write",
    "credits:read",
    "providers:read",
    "providers:write",
    "hooks:read",
    "hooks:write",
    "lines:read",
    "lines:write",
    "calls:read",
    "calls:write",
)
"""What a key may be allowed. Keys, tokens and money itself are only for people who are logged in."""


class Kind(enum.StrEnum):
    """How somebody proved who they are."""

    USER = "user"
    KEY = "key"
    LOCAL = "local"
    WEB = "web"  # a page that talks for an account, and may do nothing else


class Role(enum.StrEnum):
    """What a person may do in an account; an operator looks after the whole server."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, for which account.

    Attributes:
        user_id: Set for people.
        key_id: Set for programs.
        scopes: What it may do, of `SCOPES`.
    """

    account_id: str
    kind: Kind
    scopes: frozenset[str]
    role: Role
    user_id: str | None = None
    key_id: str | None = None

    def may(self, scope: str) -> bool:
        """Say whether it may do what `scope` names."""
        return scope in self.scopes


LOCAL = Principal(LOCAL_ACCOUNT_ID, Kind.LOCAL, frozenset(SCOPES), Role.OPERATOR)
"""Who reaches a server on loopback from its own machine (`control_api.local_caller`)."""
