"""Tokens that a person gets for a password (RFC 7519, HS256)."""

import datetime
from dataclasses import dataclass

import jwt

from kit.errors import UnauthenticatedError
from kit.ids import uuid7

LIFE = datetime.timedelta(days=7)
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class LoginToken:
    """What a token says."""

    id: str
    user_id: str
    made_at: datetime.datetime
    expires_at: datetime.datetime


class LoginTokens:
    """Makes and reads tokens."""

    def __init__(self, secret: bytes) -> None:
        """Sign with `secret`, of at least 32 bytes."""
        assert len(secret) >= 32, "the operator's secret was checked"
        self._secret = secret

    def make(self, user_id: str, now: datetime.datetime) -> str:
        """Return a token's text."""
        claims = {"sub": user_id, "jti": uuid7(), "iat": now.timestamp(), "exp": (now + LIFE).timestamp()}
        return jwt.encode(claims, self._secret, _ALGORITHM)

    def read(self, text: str, now: datetime.datetime) -> LoginToken:
        """Return what a token says.

        Raises:
            UnauthenticatedError: It is none of ours, or has run out.
        """
        checks = {"require": ["sub", "jti", "iat", "exp"], "verify_exp": False, "verify_iat": False}  # by `now`, below
        try:
            claims = jwt.decode(text, self._secret, [_ALGORITHM], options=checks)  # type: ignore[arg-type]  # a TypedDict
            token = LoginToken(claims["jti"], claims["sub"], _time(claims["iat"]), _time(claims["exp"]))
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:
            raise UnauthenticatedError("Invalid token", code="auth.invalid_token") from error
        if token.expires_at <= now:
            raise UnauthenticatedError("Invalid token", code="auth.invalid_token")
        return token


def _time(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
