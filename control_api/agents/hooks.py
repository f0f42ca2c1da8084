"""Hooks by which others start an agent's calls: their secret, their signature, and the values that they bring."""

import datetime
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from control_api.agents import service
from control_api.agents.placeholders import require_values
from kit.errors import InputError, UnauthenticatedError
from storage.repositories import agent_hooks
from storage.tables.agent_hook import AgentHook

PREFIX = "whsec_"
MAX_SKEW_S = 300
_NUMBERS = ("phoneNumber", "to_number", "phone_number")
_NESTED = ("context_params", "variables", "variable_values")  # what comes later counts more


class Vault(Protocol):
    """Keeps secrets (`control_api.providers.vault`)."""

    def seal(self, text: str, about: str) -> str:
        """Return a text that nobody else can read."""

    def open(self, sealed: str, about: str) -> str:
        """Return what was sealed."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a request to a hook asks for."""

    number: str
    line_id: str | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it came: its raw body, and what its headers say of it; `key` is its `Idempotency-Key`."""

    body: bytes
    signature: str
    timestamp: str | None = None
    key: str | None = None

    def call_key(self, agent_id: str) -> str | None:
        """Return under which name its call is made once; with a timestamp a signature is good for one call."""
        if self.key is not None:
            return f"hook-{agent_id}-{self.key}"
        if self.timestamp is None:
            return None
        return f"hook-{agent_id}-{hashlib.sha256(self.signature.encode()).hexdigest()}"


async def hook_of(session: AsyncSession, agent_id: str, vault: Vault) -> AgentHook:
    """Return the hook of an agent; the first asking makes it, switched off.

    Raises:
        NotFoundError: `agent.not_found`.
    """
    agent = await service.read(session, agent_id)
    found = await agent_hooks.of_agent(session, agent_id)
    if found is not None:
        return found
    new = AgentHook(
        agent_id=agent_id,
        account_id=agent.account_id,
        sealed_secret=_new_secret(vault, agent_id),
        config={"incoming": {"enabled": False, "attached_variables": []}},
    )
    return await agent_hooks.add_first(session, new)


def rotate(hook: AgentHook, vault: Vault) -> str:
    """Give a hook another secret, and return it; the old one is void at once."""
    hook.sealed_secret = _new_secret(vault, hook.agent_id)
    return secret_of(hook, vault)


def secret_of(hook: AgentHook, vault: Vault) -> str:
    """Return the secret of a hook."""
    return vault.open(hook.sealed_secret, _about(hook.agent_id))


def verify(secret: str, request: Signed, now: datetime.datetime) -> None:
    """Pass a request that was signed with the secret, over its raw body: `sha256=` and HMAC-SHA256 in hex.

    With a timestamp (seconds), which then is not older than five minutes, `TIMESTAMP.` stands before the body; an
    idempotency key beside it is signed too, as `TIMESTAMP.KEY.`, so that nobody sends the request again under another.

    Raises:
        UnauthenticatedError: `hook.bad_signature`.
    """
    message = request.body
    if request.timestamp is not None:
        given = request.timestamp
        if not (given.isascii() and given.isdigit() and abs(int(given[:12]) - now.timestamp()) <= MAX_SKEW_S):
            raise UnauthenticatedError("Invalid webhook timestamp", code="hook.bad_signature")
        message = b".".join(part.encode() for part in (given, request.key) if part is not None) + b"." + message
    wanted = "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), request.signature.strip().encode(errors="replace")):
        raise UnauthenticatedError("Invalid webhook signature", code="hook.bad_signature")


def incoming(hook: AgentHook, body: Mapping[str, Any]) -> Incoming:
    """Read a request: attached values, below other keys of the body, below its nested values.

    Raises:
        InputError: The hook is off, there is no number, or a value is no plain one.
    """
    settings = hook.config.get("incoming", {})
    if not settings.get("enabled"):
        raise InputError("The incoming webhook of this agent is not enabled.", code="hook.off")
    number = next((body[name] for name in _NUMBERS if body.get(name)), None)
    if not isinstance(number, str):
        raise InputError("Send the number as phoneNumber.", code="hook.no_number")
    line_id = body.get("phone_number_id")
    values = {each["name"]: each.get("default_value") for each in settings.get("attached_variables", ())}
    taken = {*_NUMBERS, *_NESTED, "phone_number_id"}
    values |= {name: value for name, value in body.items() if name not in taken}
    for name in _NESTED:
        values |= require_values(body.get(name) or {})
    return Incoming(number, line_id if isinstance(line_id, str) else None, require_values(values))


def _new_secret(vault: Vault, agent_id: str) -> str:
    return vault.seal(PREFIX + secrets.token_urlsafe(32), _about(agent_id))


def _about(agent_id: str) -> str:
    return f"agent_hook/{agent_id}"
