from typing import Any

import pytest

from kit.errors import DialRefusedError
from storage.engine import EVERY_TENANT, Database
from storage.repositories import users
from tests.support.calling_lab import CALLEE
from tests.support.control_lab import Lab, build_lab

CALL = {"to": CALLEE, "variables": {"name": "Ada"}}


async def _account_of(lab: Lab, email: str) -> str:
    async with lab.database.reading(EVERY_TENANT) as session:
        user = await users.by_email(session, email)
    assert user is not None
    return user.account_id


@pytest.fixture
async def ada(lab: Lab) -> dict[str, str]:
    """Sign somebody up who has a line."""
    headers = await lab.sign_up()
    await lab.calling.add_line(await _account_of(lab, "ada@example.com"))
    return headers


async def _place(lab: Lab, who: dict[str, str], **other: Any) -> dict[str, Any]:
    answer = await lab.http.post("/native/v1/calls", json=CALL | other, headers=who)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_call_is_placed_shown_listed_and_ended(lab: Lab, ada: dict[str, str]) -> None:
    shown = await _place(lab, ada)
    assert (shown["to"], shown["status"], shown["error"]) == (CALLEE, "queued", None)
    assert (await lab.http.get(f"/native/v1/calls/{shown['id']}", headers=ada)).json() == shown
    assert (await lab.http.get("/native/v1/calls", headers=ada)).json() == [shown]
    ended = await lab.http.post(f"/native/v1/calls/{shown['id']}/hang-up", headers=ada)
    assert ended.status_code == 202
    assert lab.calling.dialer.hung_up == ["CA1"]


async def test_the_key_in_the_header_makes_one_call_of_two(lab: Lab, ada: dict[str, str]) -> None:
    key = {"Idempotency-Key": "order-17"}
    first, again = await _place(lab, ada | key), await _place(lab, ada | key)
    assert first == again
    assert len(lab.calling.dialer.dialled) == 1
    other = await lab.http.post("/native/v1/calls", json=CALL | {"to": "+12125550199"}, headers=ada | key)
    assert (other.status_code, other.json()["error"]) == (409, "call.key_reused")


async def test_words_of_a_carrier_do_not_leak(lab: Lab, ada: dict[str, str]) -> None:
    lab.calling.dialer.fails = DialRefusedError("pstn", "Twilio 21211: bad 'To' number", retryable=False)
    answer = await lab.http.post("/native/v1/calls", json=CALL, headers=ada)
    assert (answer.status_code, answer.json()["status"], answer.json()["error"]) == (201, "failed", "call.refused")
    assert "wilio" not in answer.text
    assert "21211" not in answer.text


async def test_a_call_is_its_accounts_alone(lab: Lab, ada: dict[str, str]) -> None:
    shown, bob = await _place(lab, ada), await lab.sign_up("bob@example.com")
    for method, path in (("GET", ""), ("POST", "/hang-up")):
        address = f"/native/v1/calls/{shown['id']}{path}"
        assert (await lab.http.request(method, address)).status_code == 401
        assert (await lab.http.request(method, address, headers=bob)).status_code == 404
    assert (await lab.http.get("/native/v1/calls", headers=bob)).json() == []
    assert (await lab.http.post("/native/v1/calls", json=CALL)).status_code == 401
    assert (await lab.http.post("/native/v1/calls", json=CALL, headers=bob)).status_code == 404, "no line"
    reader = await lab.make_key(ada, scope="calls:read")
    assert (await lab.http.post("/native/v1/calls", json=CALL, headers=reader)).status_code == 403


@pytest.mark.parametrize("other", [{"to": ""}, {"ring_timeout_s": 1}, {"machine": "leave_message"}, {"more": 1}])
async def test_what_is_no_call_is_refused(lab: Lab, ada: dict[str, str], other: dict[str, Any]) -> None:
    assert (await lab.http.post("/native/v1/calls", json=CALL | other, headers=ada)).status_code == 422
    assert lab.calling.dialer.dialled == []


async def test_rules_are_shown_replaced_and_kept(lab: Lab, ada: dict[str, str]) -> None:
    shown = (await lab.http.get("/native/v1/calling-rules", headers=ada)).json()
    assert (shown["regions"], shown["opens_min"], shown["daily_cap_usd_cents"]) == (None, 480, 10_000)
    wanted = shown | {"regions": ["DE", "US"], "line_calls": 0, "daily_cap_usd_cents": None}
    for _ in range(2):
        assert (await lab.http.put("/native/v1/calling-rules", json=wanted, headers=ada)).json() == wanted
    assert (await lab.http.get("/native/v1/calling-rules", headers=ada)).json() == wanted
    full = await lab.http.post("/native/v1/calls", json=CALL, headers=ada)
    assert (full.status_code, full.headers["retry-after"]) == (429, "10")
    bob = await lab.sign_up("bob@example.com")
    assert (await lab.http.get("/native/v1/calling-rules", headers=bob)).json() == shown
    assert (await lab.http.get("/native/v1/calling-rules")).status_code == 401
    assert (await lab.http.put("/native/v1/calling-rules", json=wanted)).status_code == 401


async def test_who_does_not_want_calls_gets_none(lab: Lab, ada: dict[str, str]) -> None:
    entry = {"number": "+1 212 555 0123", "reason": "asked us"}
    added = await lab.http.post("/native/v1/do-not-call", json=entry, headers=ada)
    assert (added.status_code, added.json()["number"]) == (201, CALLEE)
    assert (await lab.http.post("/native/v1/do-not-call", json=entry, headers=ada)).status_code == 409
    assert (await lab.http.get("/native/v1/do-not-call", headers=ada)).json() == [added.json()]
    refused = await lab.http.post("/native/v1/calls", json=CALL, headers=ada)
    assert (refused.status_code, refused.json()["error"]) == (403, "call.do_not_call")
    bob = await lab.sign_up("bob@example.com")
    assert (await lab.http.get("/native/v1/do-not-call", headers=bob)).json() == []
    address = f"/native/v1/do-not-call/{CALLEE.replace('+', '%2B')}"
    assert (await lab.http.delete(address)).status_code == 401
    assert (await lab.http.delete(address, headers=bob)).status_code == 404
    assert (await lab.http.delete(address, headers=ada)).status_code == 204
    await _place(lab, ada)


async def test_ending_a_call_needs_one_connection_at_a_time(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    try:
        lab = build_lab(database)
        ada = await lab.sign_up("ada@example.com")
        await lab.calling.add_line(await _account_of(lab, "ada@example.com"))
        shown = await _place(lab, ada)
        ended = await lab.http.post(f"/native/v1/calls/{shown['id']}/hang-up", headers=ada)
        assert ended.status_code == 202
    finally:
        await database.close()
