"""Whether a request comes from Twilio (spec: twilio.com/docs/usage/security); no I/O.

The URL is the one that Twilio believes to have called, which behind a proxy only we can know.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import ImmutableMultiDict, QueryParams
from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_ALGORITHMS = frozenset({HMAC_SHA1, HMAC_SHA256})
_BODY_HASH = "bodySHA256"


@dataclass(frozen=True, slots=True)
class Signed:
    """A request, as it is signed.

    Attributes:
        url: Scheme, host, path and query as Twilio sees them.
        headers: Names in lower case.
        form: The parameters of a form post; empty for others.
        body: As it came.
    """

    url: str
    headers: Mapping[str, str]
    form: ImmutableMultiDict[str, str] = field(default_factory=ImmutableMultiDict)
    body: bytes = b""


def is_from_twilio(request: Signed, credentials: Mapping[str, str]) -> bool:
    """Say whether a request was signed by who knows the line's secrets."""
    given = request.headers.get(SIGNATURE_HEADER.lower(), "")
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER.lower(), "")).upper()
    if not given or algorithm not in _ALGORITHMS:
        return False
    key = credentials["auth_token"] if algorithm == HMAC_SHA1 else credentials.get("signing_key", "")
    validator = RequestValidator(key)
    return (
        bool(key)
        and _body_is_whole(request)
        and any(
            hmac.compare_digest(validator.compute_signature(url, request.form, algorithm).encode(), given.encode())
            for url in _with_and_without_port(request.url)
        )
    )


def _body_is_whole(request: Signed) -> bool:
    """Check the hash of a body that is no form."""
    wanted = QueryParams(urlsplit(request.url).query).get(_BODY_HASH)
    return wanted is None or hmac.compare_digest(hashlib.sha256(request.body).hexdigest().encode(), wanted.encode())


def _with_and_without_port(url: str) -> tuple[str, ...]:
    """Return the spellings of an address: Twilio signs some with the default port and some without."""
    parts = urlsplit(url)
    default, netloc = _DEFAULT_PORTS.get(parts.scheme), parts.netloc
    if default is None:
        return (url,)
    if netloc.endswith(f":{default}"):
        return (url, urlunsplit(parts._replace(netloc=netloc.removesuffix(f":{default}"))))
    if netloc.rpartition("]")[2].count(":"):
        return (url,)
    return (url, urlunsplit(parts._replace(netloc=f"{netloc}:{default}")))
