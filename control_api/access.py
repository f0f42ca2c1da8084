"""What routes depend on: who asks, and a transaction in which only that account's rows are there.

A route names what it needs: `who: Caller` (anybody we know), `who: Person` (no program), `Annotated[Principal,
Depends(needs("flows:write"))]`, and `session: Reading` or `session: Writing`. A writing transaction is committed
before the answer leaves, so who has read the answer finds what it says.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from fastapi.security import APIKeyHeader, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from control_api.auth import Authenticator, credentials_of
from control_api.principal import Principal
from kit.errors import ForbiddenError
from storage.engine import Database

DECLARED = (
    Depends(HTTPBearer(auto_error=False, description="A log-in token, or an API key.")),
    Depends(APIKeyHeader(name="X-Prepatu-Key", auto_error=False, description="An API key.")),
)
"""For `dependencies=` of a router whose routes want a credential: it says so in the OpenAPI document, no more."""


def authenticator(connection: HTTPConnection) -> Authenticator:
    """Return the application's, which `control_api.app` put there."""
    found = connection.app.state.authenticator
    assert isinstance(found, Authenticator)
    return found


def needs(scope: str, missing: str = "Authentication required") -> Callable[[HTTPConnection], Awaitable[Principal]]:
    """Return a dependency: who asks, and may do what `scope` names.

    Args:
        scope: One of `principal.SCOPES`.
        missing: What to say to who has no credential.
    """

    async def allowed(connection: HTTPConnection) -> Principal:
        who = await _caller(connection, missing)
        if not who.may(scope):
            raise ForbiddenError(f"This API key lacks the scope '{scope}'.", code="auth.missing_scope")
        return who

    return allowed


async def caller(connection: HTTPConnection) -> Principal:
    """Return who asks.

    Raises:
        UnauthenticatedError: Nobody we know.
    """
    return await _caller(connection, "Authentication required")


async def person(connection: HTTPConnection) -> Principal:
    """Return the person who asks.

    Raises:
        UnauthenticatedError: Nobody we know, or no person.
    """
    who = await authenticator(connection).person(credentials_of(connection))
    connection.state.principal = who
    return who


async def _caller(connection: HTTPConnection, missing: str) -> Principal:
    known: Principal | None = getattr(connection.state, "principal", None)
    if known is None:
        known = await authenticator(connection).principal(credentials_of(connection), missing)
        connection.state.principal = known
    return known


Caller = Annotated[Principal, Depends(caller)]
Person = Annotated[Principal, Depends(person)]


def _database(connection: HTTPConnection) -> Database:
    return authenticator(connection).database


async def _reading(connection: HTTPConnection, who: Caller) -> AsyncIterator[AsyncSession]:
    async with _database(connection).reading(who.account_id) as session:
        yield session


async def _writing(connection: HTTPConnection, who: Caller) -> AsyncIterator[AsyncSession]:
    async with _database(connection).writing(who.account_id) as session:
        yield session


Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
Writing = Annotated[AsyncSession, Depends(_writing, scope="function")]
"""To be named after who asks: dependencies are solved in the order of the parameters."""
