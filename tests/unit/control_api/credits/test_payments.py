import hashlib
import hmac
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control_api.credits import payments
from kit.errors import ProtocolError, UnauthenticatedError

_SECRET, _NOW_S = b"pdl_ntfset_secret", 1_700_000_000


def _signature(body: bytes, ts: int = _NOW_S, secret: bytes = _SECRET) -> str:
    return f"ts={ts};h1={hmac.new(secret, f'{ts}:'.encode() + body, hashlib.sha256).hexdigest()}"


def _event(**data: Any) -> dict[str, Any]:
    custom = {"user_id": "user-1", "package_id": "standard"}
    whole = {"id": "txn_1", "custom_data": custom, "details": _paid("1500")}
    return {"event_type": "transaction.completed", "data": whole | data}


def _paid(total: str, currency: str = "USD") -> dict[str, Any]:
    return {"totals": {"total": total, "currency_code": currency}}


def _payment(prices: Mapping[str, str] = MappingProxyType({}), **data: Any) -> payments.Payment | None:
    return payments.payment_in(json.dumps(_event(**data)).encode(), prices)


@pytest.mark.parametrize("late_s", [-300, 0, 300])
def test_what_the_provider_has_signed_passes(late_s: int) -> None:
    payments.check_signature(_signature(b"{}"), b"{}", _SECRET, _NOW_S + late_s)


def test_while_a_secret_is_changed_either_signature_passes() -> None:
    both = f"{_signature(b'{}', secret=b'old')};h1={_signature(b'{}').partition('h1=')[2]}"
    payments.check_signature(both, b"{}", _SECRET, _NOW_S)


@pytest.mark.parametrize(
    ("header", "body", "now_s"),
    [
        (None, b"{}", _NOW_S),
        ("", b"{}", _NOW_S),
        ("ts=;h1=", b"{}", _NOW_S),
        (_signature(b"{}"), b"{ }", _NOW_S),
        (_signature(b"{}"), b"{}", _NOW_S + 301),
        (_signature(b"{}"), b"{}", _NOW_S - 301),
        (_signature(b"{}", secret=b"other"), b"{}", _NOW_S),
        (_signature(b"{}").replace("ts=1", "ts=2"), b"{}", _NOW_S),
        ("ts=1700000000;h1=ä", b"{}", _NOW_S),
    ],
)
def test_what_it_has_not_signed_does_not(header: str | None, body: bytes, now_s: int) -> None:
    with pytest.raises(UnauthenticatedError):
        payments.check_signature(header, body, _SECRET, now_s)


@settings(deadline=None)
@given(st.text(max_size=80), st.binary(max_size=40))
def test_any_header_passes_or_is_refused(header: str, body: bytes) -> None:
    with pytest.raises(UnauthenticatedError):
        payments.check_signature(header, body, _SECRET, _NOW_S)


def test_a_completed_transaction_is_a_payment() -> None:
    payment = _payment()
    assert payment is not None
    assert (payment.transaction_id, payment.payer_id, payment.credits_cents) == ("txn_1", "user-1", 1600)


def test_other_events_are_none() -> None:
    assert payments.payment_in(b'{"event_type": "subscription.created", "data": {}}', {}) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"data": 1}',
        b'{"event_type": "transaction.completed", "data": null}',
        b"\xff",
        b"[" * 9999,
    ],
)
def test_what_cannot_be_understood_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        payments.payment_in(body, {})


@pytest.mark.parametrize("total", ["1500", "1800"])
def test_a_package_is_given_for_its_price(total: str) -> None:
    assert _payment(details=_paid(total)) is not None


@pytest.mark.parametrize(
    "details",
    [_paid("500"), _paid("1500", "IDR"), _paid("-1500"), _paid("much"), {"totals": {}}, {}, None],
    ids=lambda details: json.dumps(details),
)
def test_a_package_is_not_given_for_less_nor_for_other_money(details: Any) -> None:
    with pytest.raises(ProtocolError):
        _payment(details=details)


_PRICES = {"starter": "pri_1", "pro": "pri_3"}


def _item(price: str, quantity: Any = 1) -> dict[str, Any]:
    return {"price": {"id": price}, "quantity": quantity}


def test_with_prices_what_was_bought_is_what_was_paid_for_in_any_currency() -> None:
    payment = _payment(_PRICES, items=[_item("pri_1", 3), _item("pri_of_something_else")], details=_paid("9", "IDR"))
    assert payment is not None
    assert (payment.package.id, payment.credits_cents) == ("starter", 1500)


@pytest.mark.parametrize(
    "items",
    [
        [],
        [_item("pri_9")],
        [_item("pri_1"), _item("pri_3")],
        [_item("pri_1", 0)],
        [_item("pri_1", "2")],
        [{}],
        [7],
        "pri_1",
        None,
    ],
    ids=lambda items: json.dumps(items),
)
def test_with_prices_what_the_page_says_buys_nothing(items: Any) -> None:
    with pytest.raises(ProtocolError):
        _payment(_PRICES, items=items)
