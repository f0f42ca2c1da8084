import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control_api.credits import freemius
from kit.errors import ProtocolError, UnauthenticatedError
from tests.support.control_lab import FREEMIUS


def _event(kind: str = "payment.created", **payment: Any) -> bytes:
    paid = {"id": 9001, "plan_id": 102, "gross": 15, "currency": "usd", "environment": 0} | payment
    return json.dumps({"type": kind, "objects": {"user": {"email": "ada@example.com"}, "payment": paid}}).encode()


def _digest(body: bytes, key: str = FREEMIUS.secret_key) -> bytes:
    return hmac.digest(key.encode(), body, hashlib.sha256)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-freemius-signature": base64.b64encode(_digest(b"{}")).decode()},
        {"x-signature": _digest(b"{}").hex()},
    ],
)
def test_what_the_products_key_has_signed_passes(headers: dict[str, str]) -> None:
    freemius.check_signature(headers, b"{}", FREEMIUS)
    with pytest.raises(UnauthenticatedError):
        freemius.check_signature(headers, b"{ }", FREEMIUS)
    with pytest.raises(UnauthenticatedError):
        freemius.check_signature(headers, b"{}", replace(FREEMIUS, secret_key="another", sandbox=True))


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_other_signature_is_refused(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        freemius.check_signature({"x-freemius-signature": text}, b"{}", FREEMIUS)
    with pytest.raises(UnauthenticatedError):
        freemius.check_signature({}, b"{}", FREEMIUS)


def test_a_payment_says_who_paid_for_what() -> None:
    payment = freemius.payment_in(_event(), FREEMIUS)
    assert payment is not None
    assert (payment.payment_id, payment.email, payment.package.id) == ("9001", "ada@example.com", "standard")


def test_what_is_no_payment_or_of_the_sandbox_credits_nobody() -> None:
    assert freemius.payment_in(_event("license.created"), FREEMIUS) is None
    assert freemius.payment_in(_event(environment=1), FREEMIUS) is None
    assert freemius.payment_in(_event(environment=1), replace(FREEMIUS, sandbox=True)) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"[" * 9999,
        b'{"type": "payment.created"}',
        _event(plan_id=999),
        _event(gross="much"),
        _event(gross=float("inf")),
        _event(gross=14.99),
        _event(gross=-15, currency="USD"),
    ],
)
def test_what_cannot_be_understood_or_is_too_little_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        freemius.payment_in(body, FREEMIUS)


def test_the_sandbox_is_opened_by_who_knows_the_key() -> None:
    assert freemius.sandbox_parameters(FREEMIUS, 1) is None
    proof = hashlib.md5(b"1700000000" + b"77" + b"sk_77" + b"pk_77" + b"checkout").hexdigest()
    shown = freemius.sandbox_parameters(replace(FREEMIUS, sandbox=True), 1_700_000_000)
    assert shown == {"ctx": "1700000000", "token": proof}
