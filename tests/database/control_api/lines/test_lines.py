from typing import Any

import pytest
import structlog
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from control_api.lines import service
from server.phone_lines import StoredLines
from storage.engine import EVERY_TENANT
from storage.tables.phone_line import PhoneLine
from telephony.ports import IncomingCall
from tests.support.control_lab import Lab

NUMBER, TOKEN = "+14158675309", "0123456789abcdef-secret"
CREDENTIALS = {"account_sid": "AC" + "1" * 32, "auth_token": TOKEN}
LINE = {"number": "+1 (415) 867-5309", "provider": "twilio", "credentials": CREDENTIALS, "flow_id": "greet"}


async def _add(lab: Lab, who: dict[str, str], **other: Any) -> dict[str, Any]:
    answer = await lab.http.post("/native/v1/lines", json=LINE | other, headers=who)
    assert answer.status_code == 201, answer.text
    assert TOKEN not in answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def _directory(lab: Lab) -> StoredLines:
    return StoredLines(lab.database, lab.vault)


async def test_a_line_is_kept_in_one_form_and_its_credentials_are_never_shown(lab: Lab) -> None:
    ada = await lab.sign_up()
    shown = await _add(lab, ada, label="Front desk")
    assert (shown["number"], shown["label"], shown["active"]) == (NUMBER, "Front desk", True)
    assert shown["target"] == {"kind": "flow", "id": "greet"}
    listed = await lab.http.get("/native/v1/lines", headers=ada)
    assert listed.json() == [shown]
    assert TOKEN not in listed.text
    async with lab.database.reading(EVERY_TENANT) as session:
        (sealed,) = (await session.scalars(select(PhoneLine.sealed_credentials))).all()
    assert TOKEN not in sealed
    (line,) = await _directory(lab).by_number("14158675309", "twilio")
    assert (line.id, line.credentials) == (shown["id"], CREDENTIALS)
    assert TOKEN not in repr(line)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"number": "4158675309"}, 422, "phone.invalid_number"),
        ({"provider": "acme"}, 422, "line.unknown_provider"),
        ({"credentials": {"account_sid": "AC1"}}, 422, "line.invalid_credentials"),
        ({"credentials": CREDENTIALS | {"other": "x"}}, 422, "line.invalid_credentials"),
        ({"credentials": CREDENTIALS | {"auth_token": "two words"}}, 422, "line.invalid_credentials"),
        ({"credentials": CREDENTIALS | {"edge": "@10.0.0.1/#"}}, 422, "line.invalid_credentials"),
        ({"flow_id": "missing"}, 404, "flow.not_found"),
        ({"flow_id": "broken"}, 422, "flow.invalid"),
        ({"agent_id": "a-1"}, 422, "request.invalid"),
    ],
)
async def test_what_cannot_be_a_line_is_refused(lab: Lab, change: dict[str, Any], status: int, code: str) -> None:
    answer = await lab.http.post("/native/v1/lines", json=LINE | change, headers=await lab.sign_up())
    assert (answer.status_code, answer.json()["error"]) == (status, code)


async def test_an_account_has_so_many_lines_and_no_more(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_LINES", 1)
    ada = await lab.sign_up()
    await _add(lab, ada)
    more = await lab.http.post("/native/v1/lines", json=LINE | {"number": "+14158675310"}, headers=ada)
    assert (more.status_code, more.json()["error"]) == (403, "line.too_many")


async def test_an_account_has_a_number_once_and_others_may_claim_it(lab: Lab) -> None:
    ada, bob = await lab.sign_up(), await lab.sign_up("bob@example.com")
    await _add(lab, ada)
    again = await lab.http.post("/native/v1/lines", json=LINE, headers=ada)
    assert (again.status_code, again.json()["error"]) == (409, "line.exists")
    await _add(lab, bob)
    assert len(await _directory(lab).by_number(NUMBER, "twilio")) == 2, "the carrier's proof decides"
    assert await _directory(lab).by_number(NUMBER, "exotel") == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"label": "x"}),
        ("PUT", "/target", {"kind": "flow", "id": "greet"}),
        ("DELETE", "/target", None),
        ("POST", "/attach", None),
        ("DELETE", "", None),
    ],
)
async def test_a_line_is_its_accounts_alone(lab: Lab, method: str, path: str, body: Any) -> None:
    ada, bob = await lab.sign_up(), await lab.sign_up("bob@example.com")
    address = f"/native/v1/lines/{(await _add(lab, ada))['id']}{path}"
    assert (await lab.http.request(method, address, json=body)).status_code == 401
    assert (await lab.http.request(method, address, json=body, headers=bob)).status_code == 404
    assert (await lab.http.request(method, address, json=body, headers=ada)).status_code in (200, 204)


async def test_a_key_needs_the_scope(lab: Lab) -> None:
    ada = await lab.sign_up()
    key = await lab.make_key(ada, scope="lines:read")
    assert (await lab.http.get("/native/v1/lines", headers=key)).status_code == 200
    assert (await lab.http.post("/native/v1/lines", json=LINE, headers=key)).status_code == 403
    assert (await lab.http.get("/native/v1/lines")).status_code == 401


async def test_mapping_exactly_one(lab: Lab) -> None:
    ada = await lab.sign_up()
    address = f"/native/v1/lines/{(await _add(lab, ada))['id']}/target"
    for body in ({}, {"kind": "flow"}, {"kind": "agent", "id": "a"}, {"kind": "flow", "id": "greet", "agent_id": "a"}):
        assert (await lab.http.put(address, json=body, headers=ada)).status_code == 422
    led = await lab.http.put(address, json={"kind": "flow", "id": "greet_flow"}, headers=ada)
    assert led.json()["target"] == {"kind": "flow", "id": "greet_flow"}, "in place of the one before"
    for change in ("target_id = NULL", "target_kind = NULL", "target_kind = 'other'"):
        with pytest.raises(IntegrityError):
            async with lab.database.writing(EVERY_TENANT) as session:
                await session.execute(text(f"UPDATE phone_line SET {change}"))
    unled = await lab.http.delete(address, headers=ada)
    assert unled.json()["target"] is None


async def test_a_call_to_a_line_becomes_the_flow_that_it_leads_to(lab: Lab) -> None:
    ada = await lab.sign_up()
    shown = await _add(lab, ada)
    directory = _directory(lab)
    line = await directory.by_id(shown["id"])
    assert line is not None
    admission = await directory.admit(line, IncomingCall("CA1", "+12125550123", NUMBER))
    assert admission is not None
    assert (admission.request.flow, admission.request.account_id) == ("greet", line.account_id)
    assert (admission.line_id, admission.carrier_call) == (line.id, "CA1")
    assert admission.request.metadata == {
        "direction": "inbound",
        "from": "+12125550123",
        "to": NUMBER,
        "carrier": "twilio",
        "carrier_call": "CA1",
        "line_id": line.id,
    }


async def test_a_line_that_leads_nowhere_is_logged_without_a_number(lab: Lab) -> None:
    ada = await lab.sign_up()
    shown = await _add(lab, ada, flow_id=None)
    directory = _directory(lab)
    line = await directory.by_id(shown["id"])
    assert line is not None
    with structlog.testing.capture_logs() as lines:
        assert await directory.admit(line, IncomingCall("CA1", "+12125550123", NUMBER)) is None
    assert [each["event"] for each in lines] == ["line_unmapped"]
    assert "5550123" not in str(lines)
    assert "8675309" not in str(lines)


async def test_a_line_at_rest_is_not_found_and_renewed_credentials_are_used(lab: Lab) -> None:
    ada = await lab.sign_up()
    address = f"/native/v1/lines/{(await _add(lab, ada))['id']}"
    renewed = CREDENTIALS | {"auth_token": "another"}
    await lab.http.patch(address, json={"credentials": renewed}, headers=ada)
    (line,) = await _directory(lab).by_number(NUMBER, "twilio")
    assert line.credentials["auth_token"] == "another"
    await lab.http.patch(address, json={"active": False}, headers=ada)
    assert await _directory(lab).by_number(NUMBER, "twilio") == []
    assert await _directory(lab).by_id(line.id) is None


async def test_a_line_whose_carrier_cannot_be_told_is_connected_by_hand(lab: Lab) -> None:
    ada, credentials = await lab.sign_up(), {"account_sid": "acme", "api_key": "k", "api_token": "t"}
    shown = await _add(lab, ada, provider="exotel", credentials=credentials)
    answer = await lab.http.post(f"/native/v1/lines/{shown['id']}/attach", headers=ada)
    assert (answer.status_code, answer.json()["error"]) == (422, "line.attach_by_hand")


async def test_numbers_as_a_carrier_dials_them_at_home_are_found(lab: Lab) -> None:
    credentials = {"account_sid": "acme", "api_key": "k", "api_token": "t"}
    await _add(lab, await lab.sign_up(), number="+918047112345", provider="exotel", credentials=credentials)
    for written in ("08047112345", "+918047112345", "918047112345"):
        assert len(await _directory(lab).by_number(written, "exotel")) == 1, written
    assert await _directory(lab).by_number("nonsense", "exotel") == []
