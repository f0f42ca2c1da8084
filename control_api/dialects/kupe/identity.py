"""`/api/v1/me` and `/api/v1/feature-flags`."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.access import Reading, Writing
from control_api.dialects.kupe.access import GUARDED, Allowed, require_in_account, uuid_of
from control_api.dialects.kupe.errors import declared
from control_api.principal import Kind, Principal
from control_api.rbac import service
from control_api.rbac.paths import role_of
from kit.errors import ForbiddenError
from storage.repositories import users
from storage.tables.user import User

Json = dict[str, Any]


def identity_router() -> APIRouter:
    """Return the routes that tell who asks."""
    router = APIRouter(prefix="/api/v1", tags=["kupe"], dependencies=GUARDED, responses=declared())

    @router.get("/me")
    async def me(who: Allowed, session: Reading) -> Json:
        """Tell who asks; what nobody has told us is left out."""
        person = await _person(session, who)
        told: Json = {"user_id": person.id if person else who.account_id, "auth": _auth(who)}
        if person is not None:
            told["email"] = person.email
        return told | {"user_metadata": {"role": role_of(who), "account_id": who.account_id}}

    @router.get("/me/users")
    async def my_users() -> Json:
        """List whom one may act for: nobody but oneself."""
        return {"users": [], "message": "Enterprise access is required to list users."}

    @router.get("/feature-flags/me")
    async def my_flags(who: Allowed, session: Reading) -> Json:
        """Tell which features are on."""
        return dict(await service.flags_of(session, who.account_id))

    @router.get("/feature-flags/{user_id}", responses=declared(404))
    async def flags_of(user_id: str, who: Allowed, session: Reading) -> Json:
        """Tell which features somebody of this account has."""
        await require_in_account(session, who, uuid_of(user_id, "user_id"))
        return dict(await service.flags_of(session, who.account_id))

    @router.put("/feature-flags/{user_id}", responses=declared(404))
    async def change_flags(
        user_id: str, who: Allowed, session: Writing, wanted: Annotated[dict[str, bool], Body(max_length=20)]
    ) -> Json:
        """Switch features on and off; for administrators."""
        if who.kind is Kind.KEY:
            raise ForbiddenError("Forbidden: features are switched by people.", code="auth.person_needed")
        await require_in_account(session, who, uuid_of(user_id, "user_id"))
        return dict(await service.change_flags(session, who.account_id, wanted))

    return router


def _auth(who: Principal) -> str:
    return "api_key" if who.kind is Kind.KEY else "bearer"


async def _person(session: AsyncSession, who: Principal) -> User | None:
    """Return the person who asks, or whose account a key acts for."""
    if who.user_id is not None:
        return await users.by_id(session, who.user_id)
    return await users.first(session)
