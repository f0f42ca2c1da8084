"""Google and GitHub as log-in providers: the code flow with PKCE (RFC 6749, 7636), and who somebody is."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from tests.support.vendors.http import HttpVendor, Reply, Request

CLIENT_ID, CLIENT_SECRET = "client-1", "client-secret-1"
_REDIRECTS = (
    "https://api.example.com/auth/oauth/google/callback",
    "https://api.example.com/auth/oauth/github/callback",
)


@dataclass(frozen=True, slots=True)
class _Grant:
    """A code that was given out, and is good once."""

    redirect_uri: str
    challenge: str


class IdentityServer(HttpVendor):
    """Lets everybody in at once, as `person`.

    Attributes:
        person: Google's userinfo.
        emails: GitHub's `/user/emails`.
        refuses: Whether codes are refused.
    """

    def __init__(self) -> None:
        super().__init__()
        self.person: dict[str, Any] = {"sub": "g-1", "email": "ada@example.com", "email_verified": True}
        self.emails: list[dict[str, Any]] = [
            {"email": "old@example.com", "primary": False, "verified": True},
            {"email": "ada@example.com", "primary": True, "verified": True},
        ]
        self.refuses = False
        self._grants: dict[str, _Grant] = {}
        self._tokens: set[str] = set()

    def authorized(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return not request.path.startswith(("/v1/", "/api/v3/")) or bearer in self._tokens

    async def answer(self, request: Request, reply: Reply) -> None:
        match request.method, request.path:
            case "GET", "/o/oauth2/v2/auth" | "/login/oauth/authorize":
                await self._authorize(request, reply)
            case "POST", "/token":
                await self._exchange(request, reply, 400)
            case "POST", "/login/oauth/access_token":
                await self._exchange(request, reply, 200)  # GitHub says errors with 200
            case "GET", "/v1/userinfo":
                await _json(reply, self.person)
            case "GET", "/api/v3/user":
                await _json(reply, {"id": 583231, "login": "ada", "email": None})
            case "GET", "/api/v3/user/emails":
                await _json(reply, self.emails)
            case _:
                await self.refuse(reply, 404)

    async def _authorize(self, request: Request, reply: Reply) -> None:
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        if (
            query["client_id"] != CLIENT_ID
            or query["response_type"] != "code"
            or query["redirect_uri"] not in _REDIRECTS
            or query["code_challenge_method"] != "S256"
            or not query["scope"]
        ):
            return await self.refuse(reply, 400)
        code = secrets.token_urlsafe(16)
        self._grants[code] = _Grant(query["redirect_uri"], query["code_challenge"])
        back = urlencode({"code": code, "state": query["state"]})
        return await reply.whole(302, b"", "text/html", Location=f"{query['redirect_uri']}?{back}")

    async def _exchange(self, request: Request, reply: Reply, refused: int) -> None:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        grant = self._grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        good = (
            grant is not None
            and not self.refuses
            and form.get("grant_type") == "authorization_code"
            and (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
            and form.get("redirect_uri") == grant.redirect_uri
            and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == grant.challenge
        )
        if not good:
            return await _json(reply, {"error": "invalid_grant"}, refused)
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        return await _json(reply, {"access_token": token, "token_type": "bearer", "expires_in": 3599})


async def _json(reply: Reply, value: Any, status: int = 200) -> None:
    await reply.whole(status, json.dumps(value).encode(), "application/json")
