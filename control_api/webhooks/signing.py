"""Signatures as Standard Webhooks 1.0 says; pure."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

_PREFIX = "whsec_"


def secret_of(server_key: bytes, endpoint_id: str, salt: str) -> str:
    """Return an endpoint's signing secret: derived, so that none is stored."""
    derived = hmac.digest(server_key, f"hook/{endpoint_id}/{salt}".encode(), hashlib.sha256)
    return _PREFIX + base64.b64encode(derived).decode()


def headers(secret: str, delivery_id: str, sent_at_s: int, body: str) -> Mapping[str, str]:
    """Return what the other side checks a body with.

    Args:
        secret: As `secret_of` returns it.
        delivery_id: The same in every try.
        sent_at_s: Seconds since 1970; of this try.
        body: Exactly as it is sent.
    """
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{delivery_id}.{sent_at_s}.{body}".encode()
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(sent_at_s),
        "webhook-signature": f"v1,{signature}",
    }
