"""Payments that Freemius tells us about, and what its checkout needs. Pure."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from control_api.credits.packages import BY_ID, Package
from kit.errors import ProtocolError, UnauthenticatedError

PAID: Final = "payment.created"
_SANDBOX: Final = 1  # of a payment's `environment`


@dataclass(frozen=True, slots=True)
class FreemiusProduct:
    """Our product there.

    Attributes:
        secret_key: Signs events.
        plans: Its plans' ids, by the package that each is good for.
        sandbox: Whether payments of its sandbox count.
    """

    product_id: str
    public_key: str
    secret_key: str
    plans: Mapping[str, str]
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class FreemiusPayment:
    """A package that was paid for.

    Attributes:
        payment_id: The same payment is told about several times.
        email: Of the payer.
    """

    payment_id: str
    email: str
    package: Package


def check_signature(headers: Mapping[str, str], body: bytes, product: FreemiusProduct) -> None:
    """Let pass what the product's key has signed: HMAC-SHA256 of the body.

    Prepatu's clients know it as base64 in `X-Freemius-Signature`, Freemius itself sends hex in `X-Signature`.

    Raises:
        UnauthenticatedError: It has not.
    """
    wanted = hmac.digest(product.secret_key.encode(), body, hashlib.sha256)
    given = headers.get("x-freemius-signature") or headers.get("x-signature")
    if given is None:
        raise UnauthenticatedError("Missing X-Freemius-Signature header", code="payment.bad_signature")
    forms = (base64.b64encode(wanted), wanted.hex().encode())
    if not any(hmac.compare_digest(form, given.strip().encode(errors="replace")) for form in forms):
        raise UnauthenticatedError("Invalid signature", code="payment.bad_signature")


def payment_in(body: bytes, product: FreemiusProduct) -> FreemiusPayment | None:
    """Return the payment that an event tells of; None if it is about something else, or was only a trial of ours.

    Raises:
        ProtocolError: `payment.invalid`: a payment that cannot be understood, or of less than the package costs.
    """
    try:
        event: dict[str, Any] = json.loads(body)
        if event["type"] != PAID:
            return None
        payment, user = event["objects"]["payment"], event["objects"]["user"]
        if payment.get("environment") == _SANDBOX and not product.sandbox:
            return None
        packages = {plan: package for package, plan in product.plans.items()}
        found = FreemiusPayment(str(payment["id"]), str(user["email"]), BY_ID[packages[str(payment["plan_id"])]])
        paid_cents, currency = round(float(payment["gross"]) * 100), str(payment["currency"]).lower()
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ProtocolError("This is no event that can be understood.", code="payment.invalid") from error
    if currency == "usd" and paid_cents < found.package.price_cents:
        raise ProtocolError("Less was paid than the package costs.", code="payment.invalid")
    return found


def sandbox_parameters(product: FreemiusProduct, now_s: int) -> Mapping[str, str] | None:
    """Return what opens the checkout's sandbox; None where real money is meant."""
    if not product.sandbox:
        return None
    proof = f"{now_s}{product.product_id}{product.secret_key}{product.public_key}checkout"
    # MD5 is what Freemius asks for; it proves no more than that we know the key.
    return {"ctx": str(now_s), "token": hashlib.md5(proof.encode(), usedforsecurity=False).hexdigest()}
