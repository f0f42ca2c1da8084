"""`POST /api/call/create_call` and lines: the sharp edges of A.6 and A.8, each by name."""

from typing import Any

import pytest

from kit.errors import DialRefusedError, ProviderError
from tests.conformance.kupe.calls_made import account_of
from tests.conformance.kupe.conftest import Town
from tests.support.calling_lab import CALLEE, CREDENTIALS, LINE_NUMBER

PATH = "/api/call/create_call"


@pytest.fixture
async def line_id(town: Town) -> str:
    """Give Ada a line that leads nowhere."""
    return await town.lab.calling.add_line(await account_of(town, town.ada), flow_id=None)


async def _call(town: Town, headers: dict[str, str] | None = None, body: Any = None, **query: Any) -> Any:
    given = {"phoneNumber": CALLEE, "agent_id": town.names["agent_id"]} | query
    known = {key: value for key, value in given.items() if value is not None}
    return await town.lab.http.post(PATH, params=known, json=body, headers=town.key | (headers or {}))


async def test_a_call_is_dialled_and_named_by_the_same_ids_everywhere(town: Town, line_id: str) -> None:
    answer = await _call(town)
    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert told == {
        "status": "success",
        "request_id": told["request_id"],
        "call_session_id": told["request_id"],
        "user_id": await account_of(town, town.ada),
        "telephony_provider": "pstn",
        "target_number": CALLEE,
        "from_phone_number": LINE_NUMBER,
        "telephony_leg_id": "CA1",
    }
    row = await town.lab.http.get("/api/v1/call-analytics", params={"request_id": told["request_id"]}, headers=town.key)
    assert (row.json()["agent_id"], row.json()["to_number"]) == (town.names["agent_id"], CALLEE)


async def test_who_pays_is_who_asks_whatever_the_query_says(town: Town, line_id: str) -> None:
    told = (await _call(town, user_id=await account_of(town, town.bob))).json()
    assert told["user_id"] == await account_of(town, town.ada)


async def test_no_answer_names_the_carrier(town: Town, line_id: str) -> None:
    good = await _call(town)
    town.lab.calling.dialer.fails = DialRefusedError("twilio", "no", retryable=False)
    bad = await _call(town)
    assert [each.json()["status"] for each in (good, bad)] == ["success", "failed"]
    assert "twilio" not in f"{good.text} {bad.text}".lower()


async def test_of_several_lines_the_one_that_leads_to_the_agent_calls(town: Town, line_id: str) -> None:
    account_id = await account_of(town, town.ada)
    other = await town.lab.calling.add_line(account_id, "+14158675310", flow_id=None)
    assert (await _call(town)).json()["from_phone_number"] == LINE_NUMBER
    mapped = {"phone_number_id": other, "agent_id": town.names["agent_id"]}
    await town.lab.http.post("/api/v1/phone/mapping", json=mapped, headers=town.ada)
    assert (await _call(town)).json()["from_phone_number"] == "+14158675310"
    assert (await _call(town, phone_number_id=line_id)).json()["from_phone_number"] == LINE_NUMBER


async def test_values_for_placeholders_are_kept_until_the_call_is_answered(town: Town, line_id: str) -> None:
    told = (await _call(town, body={"variable_values": {"name": "Ada"}})).json()
    intent = await town.lab.calling.intent(told["user_id"], told["request_id"])
    assert intent.variables == {"name": "Ada"}
    assert (intent.target_kind, intent.target_id) == ("agent", town.names["agent_id"])


@pytest.mark.parametrize("body", [[], {"variable_values": []}, {"variable_values": {"a": {}}}])
async def test_a_body_that_is_none_is_refused(town: Town, line_id: str, body: Any) -> None:
    assert (await _call(town, body=body)).status_code == 400
    assert town.lab.calling.dialer.dialled == []


@pytest.mark.parametrize("value", ["NaN", "1e999", '"\\ud800"'])
async def test_values_that_no_answer_can_repeat_are_refused(town: Town, line_id: str, value: str) -> None:
    given = {"phoneNumber": CALLEE, "agent_id": town.names["agent_id"]}
    body = f'{{"variable_values": {{"a": {value}}}}}'
    answer = await town.lab.http.post(PATH, params=given, content=body, headers=town.key)
    assert answer.status_code == 400
    assert town.lab.calling.dialer.dialled == []


async def test_a_plus_that_was_not_encoded_is_understood(town: Town, line_id: str) -> None:
    answer = await town.lab.http.post(
        f"{PATH}?phoneNumber=+{CALLEE[1:]}&agent_id={town.names['agent_id']}", headers=town.key
    )
    assert answer.json()["target_number"] == CALLEE


async def test_both_targets_are_a_400_and_neither_on_a_line_that_leads_nowhere_too(town: Town, line_id: str) -> None:
    assert (await _call(town, workflow_id="greet")).status_code == 400
    assert (await _call(town, agent_id=None)).status_code == 400
    assert (await _call(town, agent_id="nope")).status_code == 400
    assert town.lab.calling.dialer.dialled == []


async def test_without_a_target_the_lines_mapping_counts(town: Town, line_id: str) -> None:
    body = {"phone_number_id": line_id, "agent_id": town.names["agent_id"]}
    await town.lab.http.post("/api/v1/phone/mapping", json=body, headers=town.key)
    told = (await _call(town, agent_id=None)).json()
    assert (await town.lab.calling.intent(told["user_id"], told["request_id"])).target_kind == "agent"


async def test_a_refusal_is_a_200_that_says_failed_and_not_what_the_carrier_said(town: Town, line_id: str) -> None:
    town.lab.calling.dialer.fails = DialRefusedError("twilio", "21211 secret", retryable=False)
    answer = await _call(town)
    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    assert {"request_id", "call_session_id", "user_id", "target_number"} <= answer.json().keys()
    assert "secret" not in answer.text


async def test_without_money_it_is_a_402(town: Town, line_id: str) -> None:
    town.lab.calling.purse.remaining = 0
    answer = await _call(town)
    assert (answer.status_code, list(answer.json())) == (402, ["detail"])


async def test_an_origin_is_checked_only_if_it_is_sent(town: Town, line_id: str) -> None:
    assert (await _call(town, {"Origin": "https://evil.example"})).status_code == 403
    assert (await _call(town, {"Origin": "https://app.example.com"})).status_code == 200


async def test_without_any_line_it_is_a_500_that_says_so(town: Town) -> None:
    answer = await _call(town)
    assert (answer.status_code, answer.json()) == (500, {"detail": "No phone number to call from is set up."})


async def test_somebody_elses_line_is_not_there(town: Town, line_id: str) -> None:
    other = await town.lab.calling.add_line(await account_of(town, town.bob), "+14158675399")
    assert (await _call(town, phone_number_id=other)).status_code == 404
    assert (await _call(town, phone_number_id="nope")).status_code == 400
    assert (await _call(town, phone_number_id=line_id)).status_code == 200


async def test_an_undialable_number_is_a_400(town: Town, line_id: str) -> None:
    for number in ("12", "call me", "+999999999999999999"):
        assert (await _call(town, phoneNumber=number)).status_code == 400


async def test_a_key_of_the_request_makes_one_call_of_two(town: Town, line_id: str) -> None:
    first = await _call(town, {"Idempotency-Key": "k1"})
    second = await _call(town, {"Idempotency-Key": "k1"})
    assert first.json()["request_id"] == second.json()["request_id"]
    assert len(town.lab.calling.dialer.dialled) == 1


async def test_who_will_not_wait_gets_the_same_ids_at_once(town: Town, line_id: str) -> None:
    answer = await _call(town, {"Prefer": "respond-async"})
    told = answer.json()
    assert (answer.status_code, told["status"], told["source"]) == (202, "queued", "create_call")
    assert [order.intent_id for order in town.lab.calling.dialer.dialled] == [told["request_id"]]


async def test_an_inactive_agent_takes_no_calls(town: Town, line_id: str) -> None:
    await town.put({"agent": {"is_active": False}})
    assert (await _call(town)).status_code == 409


async def test_a_line_leads_to_exactly_one_target_and_remapping_replaces(town: Town, line_id: str) -> None:
    http, path = town.lab.http, "/api/v1/phone/mapping"
    both = {"phone_number_id": line_id, "agent_id": town.names["agent_id"], "workflow_id": "greet"}
    assert (await http.post(path, json=both, headers=town.key)).status_code == 400
    assert (await http.post(path, json={"phone_number_id": line_id}, headers=town.key)).status_code == 400
    for target in ({"agent_id": town.names["agent_id"]}, {"workflow_id": "greet"}):
        mapped = await http.post(path, json={"phone_number_id": line_id, "user_id": "x"} | target, headers=town.key)
        assert mapped.status_code == 200
        assert "user_id" not in mapped.json()
    (only,) = (await http.get(path, headers=town.key)).json()
    assert (only["workflow_id"], only["agent_id"]) == ("greet", None)
    assert (await http.delete(f"{path}/{line_id}", headers=town.key)).status_code == 200
    assert (await http.get(path, headers=town.key)).json() == []


async def test_credentials_are_shown_to_their_carrier_and_not_kept(town: Town) -> None:
    body = {"phone_number": LINE_NUMBER, "provider": "Twilio", "credentials": dict(CREDENTIALS)}
    path, http = "/api/v1/phone/verify", town.lab.http
    assert (await http.post(path, json=body, headers=town.key)).json()["verified"] is True
    wrong = body | {"credentials": dict(CREDENTIALS) | {"auth_token": "other"}}
    refused = await http.post(path, json=wrong, headers=town.key)
    assert (refused.status_code, "credentials" in refused.json()["detail"]) == (400, True)
    asterisk = body | {"provider": "asterisk", "credentials": {"ari_user": "a", "ari_password": "b"}}
    assert (await http.post(path, json=asterisk, headers=town.key)).status_code == 400
    town.lab.calling.dialer.silent = ProviderError("pstn", "away", retryable=True)
    assert (await http.post(path, json=body, headers=town.key)).status_code == 503
    assert (await http.get("/api/v1/phone", headers=town.key)).json()["phone_numbers"] == []


async def test_a_line_leads_to_no_agent_of_another_account(town: Town) -> None:
    other = await town.lab.calling.add_line(await account_of(town, town.bob), "+14158675399", flow_id=None)
    body = {"phone_number_id": other, "agent_id": town.names["agent_id"]}
    for headers in (town.bob, town.ada):
        assert (await town.lab.http.post("/api/v1/phone/mapping", json=body, headers=headers)).status_code == 404
