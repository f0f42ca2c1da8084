"""Asks a provider who somebody is: a code for a token, a token for a profile."""

import json
from collections.abc import Mapping
from typing import Any, Final

import httpx
import structlog

from control_api.accounts.oauth import OAuthProvider, Profile, github_profile, google_profile
from kit.errors import ProviderError

TIMEOUT_S: Final = 10.0
_MAX_ANSWER_BYTES: Final = 256 * 1024

log = structlog.get_logger(__name__)


class OAuthClient:
    """HTTP with everything bounded; a connection for each log-in, for there are few."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        """Prepare; `timeout_s` is for each request."""
        self._timeout_s = timeout_s

    async def profile(self, provider: OAuthProvider, code: str, verifier: str, redirect_uri: str) -> Profile:
        """Return who came back with `code`.

        Raises:
            ProviderError: The provider does not say.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": provider.client_id,
            "client_secret": provider.client_secret,
            "code_verifier": verifier,
        }
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=self._timeout_s, follow_redirects=False) as http:
                told = await _ask(http, "POST", provider.token_url, {}, form)
                bearer = {"Authorization": f"Bearer {_token_in(told)}"}
                if provider.name == "google":
                    return google_profile(await _ask(http, "GET", provider.api_url, bearer))
                user = await _ask(http, "GET", f"{provider.api_url}/user", bearer)
                return github_profile(user, await _ask(http, "GET", f"{provider.api_url}/user/emails", bearer))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            log.warning("oauth_failed", provider=provider.name, reason=type(error).__name__)
            raise ProviderError(
                provider.name, "it did not say who you are; try again", retryable=False, code="auth.exchange_failed"
            ) from error


async def _ask(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None = None,
) -> Any:
    wanted = {"Accept": "application/json", "User-Agent": "antiphon"} | dict(headers)
    async with http.stream(method, url, headers=wanted, data=form) as answer:
        body = b""
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > _MAX_ANSWER_BYTES:
                raise ValueError("too long")
    if answer.status_code != 200:
        raise ValueError("refused")
    return json.loads(body)


def _token_in(told: Any) -> str:
    token = told.get("access_token") if isinstance(told, dict) else None  # GitHub says errors with 200
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise ValueError("no token")
    return token
