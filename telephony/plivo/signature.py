"""Whether a request comes from Plivo (its signatures V3); no I/O.

The URL is the one that Plivo believes to have called, which behind a proxy only we can know.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from telephony.forms import Fields

SIGNATURE, ACCOUNT_SIGNATURE, NONCE = "x-plivo-signature-v3", "x-plivo-signature-ma-v3", "x-plivo-signature-v3-nonce"


def is_from_plivo(
    method: str, url: str, headers: Mapping[str, str], form: Fields, credentials: Mapping[str, str]
) -> bool:
    """Say whether a request was signed by who knows the line's token.

    Args:
        method: Of the request.
        url: As Plivo sees it, with its query.
        headers: Names in lower case.
        form: What was posted; empty for others.
        credentials: Of the line: `auth_token`, of the account or of its sub-account.
    """
    nonce, key = headers.get(NONCE, ""), credentials.get("auth_token", "")
    given = ",".join(headers.get(name, "") for name in (SIGNATURE, ACCOUNT_SIGNATURE)).split(",")
    if not nonce or not key:
        return False
    wanted = signature(key, signed_text(method, url, form), nonce).encode()
    return any(hmac.compare_digest(wanted, each.strip().encode(errors="replace")) for each in given)


def signature(key: str, text: str, nonce: str) -> str:
    """Return what Plivo writes under a request."""
    digest = hmac.digest(key.encode(), f"{text}.{nonce}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def signed_text(method: str, url: str, form: Fields) -> str:
    """Return what is signed: the address with its query in order, and behind it what was posted."""
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}{parts.path}"
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    asked = "&".join(f"{name}={value}" for name, value in query)
    posted = "".join(f"{name}{value}" for name, value in sorted(form.multi_items())) if method == "POST" else ""
    if not posted:
        return f"{base}?{asked}" if asked else base
    return f"{base}?{asked}.{posted}" if asked else f"{base}?{posted}"
