"""From the text of a credential to who asks (docs/adr/0015-identity-and-dialects.md)."""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from control_api.accounts import api_keys
from control_api.accounts.login_tokens import LoginToken, LoginTokens
from control_api.local_caller import is_local
from control_api.ports import UtcClock
from control_api.principal import LOCAL, SCOPES, Kind, Principal, Role
from control_api.web_tokens import WebTokens, is_web_token
from kit.errors import UnauthenticatedError
from storage.engine import EVERY_TENANT, Database
from storage.repositories import api_keys as stored_keys
from storage.repositories import users

KEY_HEADERS = ("x-prepatu-key", "x-api-key")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request carries.

    Attributes:
        authorization: The whole `Authorization` header.
        key: Of the first of `KEY_HEADERS` that is there.
        local: The request comes straight from this machine, and from no page but ours.
    """

    authorization: str | None = None
    key: str | None = None
    local: bool = False

    @property
    def bearer(self) -> str | None:
        """Return the token of a bearer; None if there is no such credential."""
        scheme, _, given = (self.authorization or "").partition(" ")
        return given.strip() if scheme.lower() == "bearer" else None


def credentials_of(connection: HTTPConnection) -> Credentials:
    """Read what a request or a WebSocket carries; only the latter, which has no headers in browsers, in its query."""
    headers: Headers = connection.headers
    authorization = headers.get("authorization")
    if authorization is None and connection.scope["type"] == "websocket":
        token = connection.query_params.get("token")
        authorization = f"Bearer {token}" if token is not None else None
    key = next((headers[name] for name in KEY_HEADERS if name in headers), None)
    client = connection.client
    return Credentials(authorization, key, is_local(client.host if client else None, headers))


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Finds out who asks.

    Attributes:
        web_tokens: Reads what pages talk with; None takes none.
        serves_locals: Whether who has no credential and sits at this machine is let in: the server is on loopback.
    """

    database: Database
    tokens: LoginTokens
    clock: UtcClock
    serves_locals: bool
    web_tokens: WebTokens | None = None

    async def principal(self, given: Credentials, missing: str = "Authentication required") -> Principal:
        """Return who asks. A bearer counts before a key, also when it is wrong.

        Args:
            given: What the request carries.
            missing: What to say to who has no credential.

        Raises:
            UnauthenticatedError: Nobody we know.
        """
        bearer = given.bearer
        if bearer is not None and self.web_tokens is not None and is_web_token(bearer):
            return self.web_tokens.read(bearer, self.clock.utc())
        if bearer is not None:
            return await (self._key(bearer) if bearer.startswith(api_keys.PREFIX) else self._user(bearer))
        if given.key is not None:
            return await self._key(given.key)
        return self._local(given, missing)

    async def person(self, given: Credentials) -> Principal:
        """Return the person who asks; a program's key will not do.

        Raises:
            UnauthenticatedError: Nobody we know, or no person.
        """
        bearer = given.bearer
        if bearer is not None:
            return await self._user(bearer)
        if given.key is not None:
            raise UnauthenticatedError("Missing Authorization header")
        return self._local(given, "Missing Authorization header")

    def token(self, given: Credentials) -> LoginToken:
        """Return the log-in token that a request carries.

        Raises:
            UnauthenticatedError: It carries none.
        """
        if given.bearer is None:
            raise UnauthenticatedError("Missing Authorization header")
        return self.tokens.read(given.bearer, self.clock.utc())

    def _local(self, given: Credentials, missing: str) -> Principal:
        if self.serves_locals and given.local and given.authorization is None:
            return LOCAL
        raise UnauthenticatedError(missing)

    async def _user(self, text: str) -> Principal:
        token = self.tokens.read(text, self.clock.utc())
        async with self.database.reading(EVERY_TENANT) as session:
            user = await users.by_id(session, token.user_id)
            if user is None or token.made_at <= user.tokens_from or await users.is_revoked(session, token.id):
                raise UnauthenticatedError("Invalid token", code="auth.invalid_token")
        return Principal(user.account_id, Kind.USER, frozenset(SCOPES), Role(user.role), user_id=user.id)

    async def _key(self, secret: str) -> Principal:
        now = self.clock.utc()
        async with self.database.reading(EVERY_TENANT) as session:
            key = await api_keys.find(session, secret, now)
        if api_keys.use_is_news(key, now):
            async with self.database.writing(key.account_id) as session:
                await stored_keys.note_use(session, key.id, now)
        return api_keys.principal_of(key)
