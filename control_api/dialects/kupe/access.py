"""What every route of this API asks first: who is it, and may they use this path?"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from fastapi.security import APIKeyHeader, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from control_api.access import authenticator, caller
from control_api.calls.placing import CallPlacer
from control_api.principal import Principal
from control_api.rbac import service
from kit.errors import ConfigError, InputError, NotFoundError
from storage.repositories import users

DECLARED = (
    Depends(HTTPBearer(auto_error=False, description="A log-in token.")),
    Depends(APIKeyHeader(name="x-api-key", auto_error=False, description="An API key, without `Bearer`.")),
)


async def allowed(connection: HTTPConnection) -> Principal:
    """Return who asks, if they may use this path.

    Raises:
        UnauthenticatedError: Nobody we know.
        ForbiddenError: They may not.
    """
    who = await caller(connection)
    scope: dict[str, Any] = dict(connection.scope)
    union: bool = getattr(connection.app.state, "rbac_union", False)
    async with authenticator(connection).database.reading(who.account_id) as session:
        await service.require(session, who, scope.get("method", "GET"), _own(scope["path"]), union=union)
    return who


def _own(path: str) -> str:
    """Return what a path without our prefix stands for: `/billing` is `/api/v1/billing`."""
    return f"/api/v1{path}" if path.startswith("/billing") else path


def placer_of(connection: HTTPConnection) -> CallPlacer:
    """Return what calls telephones; the server puts it there.

    Raises:
        ConfigError: Nothing does.
    """
    found = getattr(connection.app.state, "placer", None)
    if not isinstance(found, CallPlacer):
        raise ConfigError("This server calls no telephones.", code="call.no_line")
    return found


Allowed = Annotated[Principal, Depends(allowed)]
GUARDED = (*DECLARED, Depends(allowed))
"""For `dependencies=` of every router with a credential: who may not is refused before anything else is read."""


def uuid_of(text: str, name: str) -> str:
    """Return an id in its usual form.

    Raises:
        InputError: It is no UUID.
    """
    try:
        return str(UUID(text))
    except ValueError as error:
        raise InputError(f"Invalid {name} format: not a UUID.", code="request.bad_uuid") from error


async def require_in_account(session: AsyncSession, who: Principal, user_id: str) -> None:
    """Pass a user of the account.

    Raises:
        NotFoundError: `user.not_found`.
    """
    if user_id != who.account_id and await users.by_id(session, user_id) is None:
        raise NotFoundError("User not found", code="user.not_found")
