"""Log-in by others: OAuth 2.0 with code, state and PKCE (RFC 6749, 7636; docs/adr/0019). Pure."""

import base64
import datetime
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import jwt

from kit.errors import InputError

LIFE: Final = datetime.timedelta(minutes=10)
_ALGORITHM: Final = "HS256"


@dataclass(frozen=True, slots=True)
class OAuthProvider:
    """One that checks who somebody is.

    Attributes:
        api_url: Where one asks who it was.
    """

    name: str
    title: str
    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    api_url: str
    scope: str


def google(client_id: str, client_secret: str, base_url: str | None = None) -> OAuthProvider:
    """Return Google, or what stands for it at `base_url`."""
    return OAuthProvider(
        "google",
        "Google",
        client_id,
        client_secret,
        f"{base_url or 'https://accounts.google.com'}/o/oauth2/v2/auth",
        f"{base_url or 'https://oauth2.googleapis.com'}/token",
        f"{base_url or 'https://openidconnect.googleapis.com'}/v1/userinfo",
        "openid email",
    )


def github(client_id: str, client_secret: str, base_url: str | None = None) -> OAuthProvider:
    """Return GitHub, or a GitHub Enterprise Server at `base_url`."""
    site = base_url or "https://github.com"
    api = "https://api.github.com" if base_url is None else f"{base_url}/api/v3"
    return OAuthProvider(
        "github",
        "GitHub",
        client_id,
        client_secret,
        f"{site}/login/oauth/authorize",
        f"{site}/login/oauth/access_token",
        api,
        "read:user user:email",
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """Who somebody is elsewhere.

    Attributes:
        email: An address that the provider has checked; None if there is none.
    """

    subject: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody who is sent to a provider.

    Attributes:
        url: Where to.
        ticket: For their browser to bring back.
    """

    url: str
    ticket: str


class Departures:
    """Sends people to providers and knows them again when they come back."""

    def __init__(self, secret: bytes) -> None:
        """Sign tickets with a key derived from the server's `secret`."""
        self._key = hmac.digest(secret, b"oauth tickets v1", hashlib.sha256)

    def send(self, provider: OAuthProvider, redirect_uri: str, now: datetime.datetime) -> Departure:
        """Send somebody away."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": provider.scope,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        claims = {"p": provider.name, "s": state, "v": verifier, "exp": int((now + LIFE).timestamp())}
        return Departure(
            f"{provider.authorize_url}?{urlencode(query)}", jwt.encode(claims, self._key, algorithm=_ALGORITHM)
        )

    def verifier(self, provider: str, ticket: str, state: str, now: datetime.datetime) -> str:
        """Return what proves that it was this browser that we sent away.

        Raises:
            InputError: It was not, or it took too long.
        """
        try:
            # The time is checked below, by `now`.
            claims: dict[str, Any] = jwt.decode(ticket, self._key, [_ALGORITHM], options={"verify_exp": False})
            good = (
                claims["p"] == provider
                and hmac.compare_digest(str(claims["s"]).encode(), state.encode())
                and claims["exp"] > now.timestamp()
            )
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
            raise InputError("Invalid OAuth state", code="auth.invalid_state") from error
        if not good:
            raise InputError("Invalid OAuth state", code="auth.invalid_state")
        return str(claims["v"])


def google_profile(told: Any) -> Profile:
    """Read OpenID Connect's userinfo (Core 1.0 §5.3.2).

    Raises:
        ValueError: It is none.
    """
    if not isinstance(told, dict) or not isinstance(told.get("sub"), str) or not told["sub"]:
        raise ValueError("no subject")
    email = told.get("email")
    checked = told.get("email_verified") in (True, "true")
    return Profile(told["sub"], email if checked and isinstance(email, str) else None)


def github_profile(user: Any, emails: Any) -> Profile:
    """Read GitHub's `/user` and `/user/emails`.

    Raises:
        ValueError: They are none.
    """
    if not isinstance(user, dict) or not isinstance(user.get("id"), int) or not isinstance(emails, list):
        raise ValueError("no user")  # noqa: TRY004  as of text that cannot be read
    checked = [
        each["email"]
        for each in emails
        if isinstance(each, dict) and each.get("primary") is True and each.get("verified") is True
    ]
    return Profile(str(user["id"]), checked[0] if checked and isinstance(checked[0], str) else None)
