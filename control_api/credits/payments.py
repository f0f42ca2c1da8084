"""Payments that Paddle tells us about: is it the provider, and who has bought what? Pure."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from control_api.credits.packages import BY_ID, Package
from kit.errors import ProtocolError, UnauthenticatedError

TOLERANCE_S: Final = 300
PAID: Final = "transaction.completed"


@dataclass(frozen=True, slots=True)
class Payment:
    """A package that was paid for.

    Attributes:
        transaction_id: The provider's; the same payment is told about several times.
        payer_id: User or account, as the checkout was told.
    """

    transaction_id: str
    payer_id: str
    package: Package


def check_signature(header: str | None, body: bytes, secret: bytes, now_s: float) -> None:
    """Let pass what the provider has signed: `ts=<seconds>;h1=<hex HMAC-SHA256 of "ts:body">`, `h1` maybe repeated.

    Raises:
        UnauthenticatedError: It has not, or not now.
    """
    parts = [part.partition("=") for part in (header or "").split(";")]
    times = [value for name, _, value in parts if name.strip() == "ts"]
    signatures = [value.strip() for name, _, value in parts if name.strip() == "h1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12 or not signatures:
        raise UnauthenticatedError("Missing or malformed Paddle-Signature header", code="payment.bad_signature")
    if abs(now_s - int(times[0])) > TOLERANCE_S:
        raise UnauthenticatedError("The signature is too old", code="payment.bad_signature")
    wanted = hmac.new(secret, times[0].encode() + b":" + body, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(wanted.encode(), given.encode(errors="replace")) for given in signatures):
        raise UnauthenticatedError("Invalid signature", code="payment.bad_signature")


def payment_in(body: bytes) -> Payment | None:
    """Return the payment that an event tells of; None if it is about something else.

    Raises:
        ProtocolError: `payment.invalid`: a payment that cannot be understood, or of less than the package costs.
    """
    try:
        event: dict[str, Any] = json.loads(body)
        if event["event_type"] != PAID:
            return None
        data = event["data"]
        custom = data["custom_data"]
        payer_id = custom.get("account_id") or custom["user_id"]
        payment = Payment(str(data["id"]), str(payer_id), BY_ID[custom["package_id"]])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ProtocolError("This is no event that can be understood.", code="payment.invalid") from error
    _check_price(data, payment.package)
    return payment


def _check_price(data: dict[str, Any], package: Package) -> None:
    """Refuse what paid for less: which package it is, the payer's browser has said."""
    try:
        totals = data["details"]["totals"]
        paid_cents, currency = int(totals["total"]), totals["currency_code"]
    except (KeyError, TypeError, ValueError):
        return  # not told; the provider has signed it
    if currency == "USD" and paid_cents < package.price_cents:
        raise ProtocolError("Less was paid than the package costs.", code="payment.invalid")
