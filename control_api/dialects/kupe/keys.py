"""`/api/v1/api-keys`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.access import Reading, Writing
from control_api.accounts import api_keys
from control_api.dialects.kupe.access import GUARDED, Allowed, uuid_of
from control_api.dialects.kupe.errors import declared
from control_api.ports import UtcClock
from control_api.principal import Kind, Principal
from control_api.rbac import service
from control_api.rbac.paths import PathRule
from kit.errors import ForbiddenError
from storage.tables.api_key import ApiKey

Json = dict[str, Any]
Proof = Callable[[AsyncSession, Principal], Awaitable[None]]
"""Lets pass who may make keys: whose address is proven, if it must be."""
_Name = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Scope(BaseModel):
    """A path that a key may use."""

    allowed_path_prefix: Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
    allowed_method: Annotated[str, StringConstraints(max_length=8)] = "*"


class NewKey(BaseModel):
    """A key to make; `user_id` is ignored, for a key is whose credential asks. `scopes` is an extension."""

    provider_name: _Name = "milli_chat_ai"
    name: _Name = ""
    scopes: Annotated[list[Scope], Field(max_length=service.MAX_RULES)] = []


class Rename(BaseModel):
    """Another name for a key; empty clears it."""

    name: _Name


class Existence(BaseModel):
    """Whom to look for."""

    user_id: str | None = None
    provider_name: _Name = "milli_chat_ai"


def key_router(clock: UtcClock, proof: Proof) -> APIRouter:
    """Return the routes of API keys; only people change them."""
    router = APIRouter(prefix="/api/v1/api-keys", tags=["kupe"], dependencies=GUARDED, responses=declared())
    _reading(router)
    _writing(router, clock, proof)
    return router


def _reading(router: APIRouter) -> None:
    @router.get("/fetch")
    async def list_keys(session: Reading, user_id: Annotated[str | None, Query(max_length=64)] = None) -> list[Json]:
        """List the keys that are good; those of another user are none of yours."""
        return [_listed(key) for key in await service.active_keys(session)]

    @router.get("/fetch/{user_id}")
    async def list_keys_of(user_id: str, session: Reading) -> list[Json]:
        """List the keys that are good."""
        uuid_of(user_id, "user_id")
        return [_listed(key) for key in await service.active_keys(session)]

    @router.post("/exists")
    async def exists(body: Existence, session: Reading) -> bool:
        """Say whether there is a key that is good."""
        return bool(await service.active_keys(session))


def _writing(router: APIRouter, clock: UtcClock, proof: Proof) -> None:
    @router.post("")
    async def make_key(who: Allowed, body: NewKey, session: Writing) -> Json:
        """Make a key; its secret is told this once."""
        _require_person(who)
        await proof(session, who)
        rules = [PathRule(each.allowed_path_prefix, each.allowed_method) for each in body.scopes]
        made = await service.make_key(session, who.account_id, body.name or body.provider_name, rules, clock.utc())
        shown = _listed(made.row) | {"api_key": made.secret}
        return {"message": "API key created successfully", "api_key": shown}

    @router.patch("/{key_id}", responses=declared(404))
    async def rename_key(key_id: str, who: Allowed, body: Rename, session: Writing) -> Json:
        """Give a key another name."""
        _require_person(who)
        key = await service.rename_key(session, uuid_of(key_id, "key_id"), body.name)
        return {"message": "API key updated successfully", "api_key": _listed(key)}

    @router.delete("/{key_id}", responses=declared(404))
    async def revoke_key(key_id: str, who: Allowed, session: Writing) -> Json:
        """Void a key at once."""
        _require_person(who)
        await api_keys.revoke(session, uuid_of(key_id, "key_id"), clock.utc())
        return {"message": "API key revoked successfully"}


def _require_person(who: Principal) -> None:
    if who.kind is Kind.KEY:
        raise ForbiddenError("Forbidden: keys are made and revoked by people.", code="auth.person_needed")


def _listed(key: ApiKey) -> Json:
    return {
        "id": key.id,
        "name": key.label,
        "prefix": f"{key.prefix}...",
        "is_active": key.revoked_at is None,
        "created_at": key.created_at.isoformat(),
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }
