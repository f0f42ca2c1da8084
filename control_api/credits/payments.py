"""Payments that Paddle tells us about: is it the provider, and who has bought what? Pure."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
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
        count: How many of the package.
    """

    transaction_id: str
    payer_id: str
    package: Package
    count: int = 1

    @property
    def credits_cents(self) -> int:
        """What the account gets."""
        return self.count * self.package.credits_cents


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


def payment_in(body: bytes, prices: Mapping[str, str]) -> Payment | None:
    """Return the payment that an event tells of; None if it is about something else.

    Args:
        body: The event.
        prices: The provider's price of each package that is sold by one. What was bought is what was paid for: the
            payer's browser, which names a package too, is believed only where there are none.

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
        package, count = _priced(data["items"], prices) if prices else (_named(data, custom["package_id"]), 1)
        return Payment(str(data["id"]), str(payer_id), package, count)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ProtocolError("This is no event that can be understood.", code="payment.invalid") from error


def _priced(items: Sequence[Mapping[str, Any]], prices: Mapping[str, str]) -> tuple[Package, int]:
    package_of = {price_id: BY_ID[package_id] for package_id, price_id in prices.items()}
    bought = [
        (package_of[item["price"]["id"]], item["quantity"]) for item in items if item["price"]["id"] in package_of
    ]
    if len(bought) != 1 or not isinstance(bought[0][1], int) or bought[0][1] < 1:
        raise ProtocolError("This paid for none of our packages, or for several.", code="payment.invalid")
    return bought[0]


def _named(data: Mapping[str, Any], package_id: str) -> Package:
    package, totals = BY_ID[package_id], data["details"]["totals"]
    if totals["currency_code"] != "USD":
        raise ProtocolError("Only dollars are taken; other currencies need PADDLE_PRICES.", code="payment.invalid")
    if int(totals["total"]) < package.price_cents:
        raise ProtocolError("Less was paid than the package costs.", code="payment.invalid")
    return package
