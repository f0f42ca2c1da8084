"""`/auth`: sign-up, log-in, log-out and API keys."""

import datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request, Response

from control_api.access import DECLARED, Person, Reading, Writing, authenticator
from control_api.accounts import api_keys
from control_api.accounts.by_mail import ByMail
from control_api.accounts.oauth_login import OAuthLogin
from control_api.auth import credentials_of
from control_api.dialects.prepatu.auth_schemas import KeyListed, KeyMade, LogIn, LoginMethods, SignUp, Token
from control_api.dialects.prepatu.errors import declared
from control_api.dialects.prepatu.flow_schemas import PRINTABLE
from control_api.local_caller import is_local
from control_api.ports import UtcClock
from control_api.route_table import add_routes
from storage.repositories import api_keys as stored_keys
from storage.tables.api_key import ApiKey


def auth_router(by_mail: ByMail, oauth: OAuthLogin, clock: UtcClock) -> APIRouter:
    """Return the routes of people and keys; whole prefixes, for metrics name routes by their own paths."""
    router = APIRouter()
    add_routes(router, _people_router(by_mail, oauth), _key_router(by_mail, clock))
    return router


def _people_router(by_mail: ByMail, oauth: OAuthLogin) -> APIRouter:
    login = by_mail.login
    router = APIRouter(prefix="/auth", tags=["auth"])

    @router.get("/methods", responses=declared())
    async def list_methods() -> LoginMethods:
        """Say how people can log in here, besides with a password."""
        return LoginMethods(mail=by_mail.mailer.sends, oauth=sorted(oauth.providers))

    @router.post("/signup", responses=declared(409, 429))
    async def sign_up(body: SignUp, request: Request, afterwards: BackgroundTasks) -> Token:
        """Make an account; answers with a log-in token."""
        token = await login.sign_up(body.email, body.password, peer_of(request))
        afterwards.add_task(by_mail.welcome, body.email)
        return Token(access_token=token)

    @router.post("/login", responses=declared(401, 429))
    async def log_in(body: LogIn, request: Request) -> Token:
        """Answer the right password with a log-in token."""
        return Token(access_token=await login.log_in(body.email, body.password, peer_of(request)))

    @router.post("/logout", status_code=204, responses=declared(401), dependencies=DECLARED)
    async def log_out(request: Request, who: Person, everywhere: bool = False) -> Response:
        """Void the token that this request bears; with `everywhere`, all tokens of this person."""
        token = authenticator(request).token(credentials_of(request))
        await login.log_out(who, token, everywhere=everywhere)
        return Response(status_code=204)

    return router


def _key_router(by_mail: ByMail, clock: UtcClock) -> APIRouter:
    router = APIRouter(prefix="/auth/api-keys", tags=["auth"], dependencies=DECLARED)

    @router.post("", status_code=201, responses=declared(401, 403))
    async def make_key(
        who: Person,
        session: Writing,
        label: Annotated[str, Query(max_length=200, pattern=PRINTABLE)] = "default",
        scope: Annotated[list[str] | None, Query(max_length=20)] = None,
        expires_in_days: Annotated[int | None, Query(ge=1, le=3650)] = None,
    ) -> KeyMade:
        """Make an API key; without `scope` it may do all that keys may."""
        await by_mail.require_proof(session, who)
        now = clock.utc()
        expires_at = None if expires_in_days is None else now + datetime.timedelta(days=expires_in_days)
        made = await api_keys.make(session, who.account_id, label, now, scopes=scope or (), expires_at=expires_at)
        shown = _listed(made.row)
        return KeyMade(
            key=made.secret, **shown.model_dump(include={"label", "key_id", "created_at", "scopes", "expires_at"})
        )

    @router.get("", responses=declared(401))
    async def list_keys(who: Person, session: Reading) -> list[KeyListed]:
        """List all keys, newest first, revoked ones too."""
        return [_listed(key) for key in await stored_keys.newest_first(session)]

    @router.delete("/{key_id}", status_code=204, responses=declared(401, 404))
    async def revoke_key(
        key_id: Annotated[str, Path(max_length=100, pattern=PRINTABLE)], who: Person, session: Writing
    ) -> Response:
        """Void a key, named by its id or by itself, at once."""
        await api_keys.revoke(session, key_id, clock.utc())
        return Response(status_code=204)

    return router


def peer_of(request: Request) -> str | None:
    """Return whose tries are counted; a person at this machine needs no slowing down."""
    host = request.client.host if request.client else None
    return None if is_local(host, request.headers) else host or "unknown"


def _listed(key: ApiKey) -> KeyListed:
    masked = f"{key.prefix}..."
    return KeyListed(
        key_id=key.id,
        key_prefix=masked,
        key=masked,
        label=key.label,
        created_at=key.created_at.timestamp(),
        revoked=key.revoked_at is not None,
        scopes=key.scopes,
        expires_at=key.expires_at.timestamp() if key.expires_at else None,
        last_used_at=key.last_used_at.timestamp() if key.last_used_at else None,
    )
