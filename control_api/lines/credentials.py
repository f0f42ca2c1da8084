"""What each carrier wants to know us by, sealed as JSON and never shown."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from control_api.providers.vault import Vault
from kit.errors import InputError

_MAX_CHARS = 300
_IN_HOSTS = frozenset({"region", "edge"})  # they become parts of a host name
_LABEL = re.compile("[a-z0-9-]{1,40}")


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of a carrier's credentials."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()


PROVIDERS: Mapping[str, Fields] = {
    "twilio": Fields(frozenset({"account_sid", "auth_token"}), frozenset({"signing_key", "region", "edge"})),
    "plivo": Fields(frozenset({"auth_id", "auth_token"})),
    "exotel": Fields(frozenset({"account_sid", "api_key", "api_token"}), frozenset({"region", "socket_password"})),
    "asterisk": Fields(frozenset({"ari_user", "ari_password"}), frozenset({"endpoint"})),
}


def checked(provider: str, given: Mapping[str, str]) -> Mapping[str, str]:
    """Return credentials that a carrier can be asked with.

    Raises:
        InputError: `line.unknown_provider` or `line.invalid_credentials`; values are not repeated.
    """
    fields = PROVIDERS.get(provider)
    if fields is None:
        raise InputError(f"provider is one of: {', '.join(PROVIDERS)}.", code="line.unknown_provider")
    missing, unknown = fields.required - given.keys(), given.keys() - fields.required - fields.optional
    if missing or unknown:
        wanted = ", ".join(sorted(fields.required))
        allowed = f"; and may have: {', '.join(sorted(fields.optional))}" if fields.optional else ""
        raise InputError(f"Credentials of {provider} are: {wanted}{allowed}.", code="line.invalid_credentials")
    for name, value in given.items():
        if not (0 < len(value) <= _MAX_CHARS and value.isascii() and value.isprintable() and " " not in value):
            raise InputError(f"{name} is no credential: only printable ASCII.", code="line.invalid_credentials")
        if name in _IN_HOSTS and not _LABEL.fullmatch(value):
            raise InputError(f"{name} is no part of a host name.", code="line.invalid_credentials")
    return given


def sealed(vault: Vault, line_id: str, credentials: Mapping[str, str]) -> str:
    """Encrypt the credentials of a line."""
    return vault.seal(json.dumps(dict(credentials)), f"line/{line_id}")


def opened(vault: Vault, line_id: str, text: str) -> Mapping[str, str]:
    """Decrypt them.

    Raises:
        InputError: They were sealed with another secret.
    """
    credentials: dict[str, str] = json.loads(vault.open(text, f"line/{line_id}"))
    return credentials
