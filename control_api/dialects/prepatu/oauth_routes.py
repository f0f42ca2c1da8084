"""`/auth/oauth`: log-in by Google and GitHub."""

from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.responses import RedirectResponse

from control_api.accounts.oauth import LIFE
from control_api.accounts.oauth_login import KNOWN, OAuthLogin
from control_api.dialects.prepatu.auth_routes import peer_of
from control_api.dialects.prepatu.errors import declared
from kit.errors import InputError, RateLimitedError

COOKIE: Final = "antiphon_oauth"
_PATH: Final = "/auth/oauth"
_Name = Annotated[str, Path(max_length=50)]
_Text = Annotated[str, Query(max_length=2000)]


def oauth_router(logins: OAuthLogin, frontend_url: str) -> APIRouter:
    """Return both routes; who is logged in is sent to `frontend_url`."""
    router = APIRouter(prefix=_PATH, tags=["auth"])

    @router.get("/{provider}", status_code=307, response_class=RedirectResponse, responses=declared(404, 429, 501))
    async def begin(provider: _Name, request: Request) -> RedirectResponse:
        """Send somebody to a provider to log in there."""
        _require(logins, provider)
        away = logins.begin(provider, peer_of(request))
        answer = RedirectResponse(away.url, 307, headers={"Cache-Control": "no-store"})
        answer.set_cookie(
            COOKIE,
            away.ticket,
            max_age=int(LIFE.total_seconds()),
            path=_PATH,
            secure=logins.public_url.startswith("https:"),
            httponly=True,
            samesite="lax",
        )
        return answer

    @router.get(
        "/{provider}/callback",
        status_code=302,
        response_class=RedirectResponse,
        responses=declared(400, 404, 429, 501, 502),
    )
    async def come_back(provider: _Name, request: Request, code: _Text = "", state: _Text = "") -> RedirectResponse:
        """Take somebody back, find out who it is, and hand a log-in token to the front end."""
        _require(logins, provider)
        ticket = request.cookies.get(COOKIE, "")
        try:
            token = await logins.come_back(provider, ticket, state, code, peer_of(request))
        except RateLimitedError:
            raise
        except InputError as error:
            raise HTTPException(400, str(error)) from error
        # In the fragment, which no server sees.
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        answer = RedirectResponse(f"{frontend_url}/ui#oauth_token={token}", 302, headers)
        answer.delete_cookie(COOKIE, path=_PATH)
        return answer

    return router


def _require(logins: OAuthLogin, provider: str) -> None:
    if provider not in KNOWN:
        raise HTTPException(404, "Unknown OAuth provider")
    if provider not in logins.providers:
        raise HTTPException(501, f"Log-in by {provider} is not configured on this server")
