import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from control_api.credits import metering
from control_api.credits.metering import MeteredCall
from control_api.credits.pricing import Rate
from control_api.credits.tariff import Tariff
from control_api.dialects.prepatu.credits import CreditHost
from control_api.dialects.prepatu.payments import payment_router
from kit.money import from_cents
from storage.engine import EVERY_TENANT
from storage.tables.user import User
from tests.support.control_lab import ADMIN_TOKEN, FREEMIUS, PAYMENT_SECRET, Lab, client_of
from tests.support.set_clock import START


@pytest.fixture
def bank(lab: Lab) -> Lab:
    """A server that others can reach, and that takes payments."""
    return lab


async def _user(lab: Lab, email: str) -> User:
    async with lab.database.reading(EVERY_TENANT) as session:
        return (await session.scalars(select(User).where(User.email_key == email))).one()


_PAID = {"totals": {"total": "4000", "currency_code": "USD"}}


async def _pay(lab: Lab, *, secret: bytes = PAYMENT_SECRET, **custom: Any) -> httpx.Response:
    event = {"event_type": "transaction.completed", "data": {"id": "txn_1", "custom_data": custom, "details": _PAID}}
    body = json.dumps(event).encode()
    ts = int(START.timestamp())
    signature = hmac.new(secret, f"{ts}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Paddle-Signature": f"ts={ts};h1={signature}"}
    return await lab.http.post("/webhooks/paddle", content=body, headers=headers)


async def _balance(lab: Lab, headers: dict[str, str]) -> dict[str, Any]:
    answer = await lab.http.get("/v1/credits/balance", headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_balance_counts_what_is_held_as_still_there(bank: Lab) -> None:
    ada = await bank.sign_up()
    account_id = (await _user(bank, "ada@example.com")).account_id
    async with bank.database.writing(account_id) as session:
        await metering.start(session, MeteredCall("call-1", account_id, from_cents(3), 10), START)
    assert await _balance(bank, ada) == {
        "balance_usd_cents": 200,
        "rate_per_minute_usd_cents": 3,
        "available_usd_cents": 199,
        "available_microcents": 199_500_000,
        "held_microcents": 500_000,
        "rate_per_minute_microcents": 3_000_000,
    }


@pytest.mark.parametrize("path", ["/v1/credits/balance", "/v1/credits/ledger"])
async def test_who_is_nobody_sees_no_money(bank: Lab, path: str) -> None:
    answer = await bank.http.get(path)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Authentication required"})


async def test_an_account_sees_only_its_own_ledger_page_by_page(bank: Lab) -> None:
    ada, bob = await bank.sign_up(), await bank.sign_up("bob@example.com")
    await bank.http.post(
        "/v1/credits/top-up",
        json={"email": "ada@example.com", "amount_usd_cents": 5, "key": "k", "note": "sorry"},
        headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
    )
    first = (await bank.http.get("/v1/credits/ledger?limit=1", headers=ada)).json()
    rest = (await bank.http.get(f"/v1/credits/ledger?before={first[0]['id']}", headers=ada)).json()
    assert [(each["kind"], each["microcents"], each["note"]) for each in first + rest] == [
        ("top_up", 5_000_000, "sorry"),
        ("grant", 200_000_000, None),
    ]
    assert (await bank.http.get("/v1/credits/ledger", headers=bob)).json()[0]["id"] not in (
        first[0]["id"],
        rest[0]["id"],
    )


async def test_what_can_be_bought_is_open_to_all(bank: Lab) -> None:
    packages = (await bank.http.get("/v1/credits/packages")).json()
    assert [(each["id"], each["price_usd"], each["credits"]) for each in packages] == [
        ("starter", 5.0, 500),
        ("standard", 15.0, 1600),
        ("pro", 40.0, 5000),
    ]


async def test_a_payment_is_credited_once(bank: Lab) -> None:
    ada = await bank.sign_up()
    user = await _user(bank, "ada@example.com")
    for _ in range(2):
        answer = await _pay(bank, user_id=user.id, package_id="standard")
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert (await _balance(bank, ada))["balance_usd_cents"] == 200 + 1600


async def test_a_payment_may_name_the_account(bank: Lab) -> None:
    ada = await bank.sign_up()
    user = await _user(bank, "ada@example.com")
    assert (await _pay(bank, account_id=user.account_id, package_id="starter")).status_code == 200
    assert (await _balance(bank, ada))["balance_usd_cents"] == 200 + 500


@pytest.mark.parametrize(
    ("secret", "custom", "status"),
    [
        (b"wrong", {"user_id": "u", "package_id": "pro"}, 401),
        (PAYMENT_SECRET, {"user_id": "nobody", "package_id": "pro"}, 400),
        (PAYMENT_SECRET, {"user_id": "u", "package_id": "gold"}, 400),
        (PAYMENT_SECRET, {}, 400),
    ],
)
async def test_a_payment_that_is_not_right_credits_nobody(
    bank: Lab, secret: bytes, custom: dict[str, str], status: int
) -> None:
    answer = await _pay(bank, secret=secret, **custom)
    assert answer.status_code == status
    assert isinstance(answer.json()["detail"], str)


async def test_without_a_provider_no_payment_is_taken(lab: Lab) -> None:
    app = FastAPI()
    app.include_router(payment_router(CreditHost(lab.database, Tariff(Rate(0)), lab.clock)))
    async with client_of(app) as http:
        assert (await http.post("/webhooks/paddle", content=b"{}")).status_code == 503


async def _top_up(lab: Lab, headers: dict[str, str], **body: Any) -> httpx.Response:
    whole = {"email": "ada@example.com", "amount_usd_cents": 500, "key": "ticket-17"} | body
    return await lab.http.post("/v1/credits/top-up", json=whole, headers=headers)


async def test_an_operator_tops_up_an_account_once_for_each_key(bank: Lab) -> None:
    ada, admin = await bank.sign_up(), {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    first, again, other = [(await _top_up(bank, admin, key=key)).json() for key in ("a", "a", "b")]
    assert [(each["applied"], each["balance_usd_cents"]) for each in (first, again, other)] == [
        (True, 700),
        (False, 700),
        (True, 1200),
    ]
    assert (await _balance(bank, ada))["balance_usd_cents"] == 1200


async def test_only_an_operator_tops_up(bank: Lab) -> None:
    ada = await bank.sign_up()
    key = await bank.make_key(ada)
    assert (await _top_up(bank, {})).status_code == 401
    assert (await _top_up(bank, {"Authorization": "Bearer wrong"})).status_code == 401
    assert (await _top_up(bank, ada)).status_code == 403
    assert (await _top_up(bank, key)).status_code == 401
    assert (await _balance(bank, ada))["balance_usd_cents"] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "nobody@example.com"}, 404),
        ({"email": None, "account_id": "nobody"}, 404),
        ({"email": None}, 422),
        ({"account_id": "both"}, 422),
        ({"amount_usd_cents": 0}, 422),
        ({"amount_usd_cents": -5}, 422),
        ({"amount_usd_cents": 10**12}, 422),
        ({"key": ""}, 422),
    ],
)
async def test_a_top_up_that_is_not_right_is_refused(bank: Lab, body: dict[str, Any], status: int) -> None:
    await bank.sign_up()
    answer = await _top_up(bank, {"Authorization": f"Bearer {ADMIN_TOKEN}"}, **body)
    assert answer.status_code == status


async def test_a_payment_at_freemius_is_credited_once_to_who_has_the_address(lab: Lab) -> None:
    ada = await lab.sign_up()
    paid = {"id": 9001, "plan_id": "102", "gross": 15, "currency": "usd"}

    async def pay(email: str) -> httpx.Response:
        event = {"type": "payment.created", "objects": {"user": {"email": email}, "payment": paid}}
        body = json.dumps(event).encode()
        signature = base64.b64encode(hmac.digest(FREEMIUS.secret_key.encode(), body, hashlib.sha256)).decode()
        return await lab.http.post("/webhooks/freemius", content=body, headers={"X-Freemius-Signature": signature})

    before = (await _balance(lab, ada))["balance_usd_cents"]
    for _ in range(3):
        answer = await pay("Ada@Example.com")
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert (await _balance(lab, ada))["balance_usd_cents"] == before + 1600
    unknown = await pay("eve@example.com")
    assert (unknown.status_code, unknown.json()) == (400, {"detail": "Nobody is known by this address."})
