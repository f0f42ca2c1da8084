"""Tokens for web clients (RFC 7519, RS256): an hour long, good for talking and nothing else.

Whoever trusts us can check one by the public keys at `/.well-known/jwks.json` (RFC 7517).
"""

import datetime
import hashlib
import json
from collections.abc import Callable
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from control_api.principal import Kind, Principal, Role
from kit.errors import ConfigError, UnauthenticatedError
from kit.ids import uuid7

ISSUER = "inavlabs_voice_platform"
LIFE = datetime.timedelta(hours=1)
_ALGORITHM = "RS256"
_KEY_BITS = 2048


def new_key() -> bytes:
    """Return a new private key (PEM, PKCS #8)."""
    key = generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class WebTokens:
    """Makes and reads tokens."""

    def __init__(self, pem: Callable[[], bytes]) -> None:
        """Sign with the private key that `pem` returns; it is asked when the first token is made or read."""
        self._pem = pem

    def make(self, who: Principal, now: datetime.datetime) -> str:
        """Return a token with which a web client talks for an account."""
        claims = {
            "iss": ISSUER,
            "sub": who.user_id or who.account_id,
            "account": who.account_id,
            "jti": uuid7(),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFE).timestamp()),
        }
        return jwt.encode(claims, self._key, _ALGORITHM, {"kid": self._kid})

    def read(self, text: str, now: datetime.datetime) -> Principal:
        """Return whom a token talks for; it may do nothing else.

        Raises:
            UnauthenticatedError: It is none of ours, or has run out.
        """
        checks: Any = {"require": ["sub", "account", "exp", "iss"], "verify_exp": False, "verify_iat": False}
        try:
            claims = jwt.decode(text, self._key.public_key(), [_ALGORITHM], issuer=ISSUER, options=checks)
            good = float(claims["exp"]) > now.timestamp() and isinstance(claims["account"], str)
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise UnauthenticatedError("Invalid token", code="auth.invalid_token") from error
        if not good:
            raise UnauthenticatedError("Invalid token", code="auth.invalid_token")
        return Principal(claims["account"], Kind.WEB, frozenset(), Role.VIEWER)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys."""
        return {"keys": [self._jwk | {"kid": self._kid, "use": "sig", "alg": _ALGORITHM}]}

    @cached_property
    def _key(self) -> RSAPrivateKey:
        try:
            key = load_pem_private_key(self._pem(), None)
        except (ValueError, TypeError) as error:
            raise ConfigError("The key of web tokens is no PEM private key.") from error
        if not isinstance(key, RSAPrivateKey):
            raise ConfigError("The key of web tokens is no RSA key.")
        return key

    @cached_property
    def _jwk(self) -> dict[str, str]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {name: public[name] for name in ("e", "kty", "n")}

    @cached_property
    def _kid(self) -> str:
        thumb = json.dumps(self._jwk, separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(thumb.encode()).hexdigest()[:32]


def is_web_token(text: str) -> bool:
    """Say whether a bearer calls itself one of these; whether it is one is found by reading it."""
    try:
        return jwt.get_unverified_header(text).get("alg") == _ALGORITHM
    except (jwt.InvalidTokenError, UnicodeError):
        return False
