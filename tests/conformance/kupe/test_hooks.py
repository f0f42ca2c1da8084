"""Hooks that start calls: A.13, each edge by name."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.conformance.kupe.calls_made import account_of
from tests.conformance.kupe.conftest import Town
from tests.support.calling_lab import CALLEE

CONFIG = {"incoming": {"enabled": True, "attached_variables": [{"name": "a", "default_value": "1"}, {"name": "b"}]}}


@pytest.fixture
async def secret(town: Town) -> str:
    """Switch the hook of Ada's agent on, and give her a line."""
    await town.lab.calling.add_line(await account_of(town, town.ada), flow_id=None)
    path = _path(town)
    assert (await town.lab.http.put(path, json=CONFIG, headers=town.ada)).status_code == 200
    shown: str = (await town.lab.http.get(path, params={"reveal_secret": True}, headers=town.ada)).json()["secret"]
    return shown


def _path(town: Town) -> str:
    return f"/api/v1/webhooks/agents/{town.names['agent_id']}"


async def _send(town: Town, secret: str, body: Any, stamp: str | None = None, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = f"{headers['Idempotency-Key']}." if "Idempotency-Key" in headers else ""
    message = raw if stamp is None else f"{stamp}.{key}".encode() + raw
    signed = {"X-Webhook-Signature": "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}
    more = {"X-Webhook-Timestamp": stamp} if stamp is not None else {}
    return await town.lab.http.post(f"{_path(town)}/incoming", content=raw, headers=signed | more | headers)


async def test_a_signed_request_starts_a_call_and_values_count_in_their_order(town: Town, secret: str) -> None:
    body = {
        "to_number": CALLEE,
        "a": "2",
        "c": "top",
        "context_params": {"c": "low", "d": "x"},
        "variable_values": {"c": "high"},
    }
    answer = await _send(town, secret, body)
    told = answer.json()
    assert (answer.status_code, told["status"]) == (200, "success")
    assert told["variable_values"] == {"a": "2", "b": None, "c": "high", "d": "x"}
    intent = await town.lab.calling.intent(told["user_id"], told["request_id"])
    assert (intent.target_id, intent.variables["c"]) == (town.names["agent_id"], "high")


@pytest.mark.parametrize("name", ["phoneNumber", "to_number", "phone_number"])
async def test_the_number_goes_by_three_names(town: Town, secret: str, name: str) -> None:
    assert (await _send(town, secret, {name: CALLEE})).json()["target_number"] == CALLEE


async def test_a_wrong_signature_is_a_401_before_anything_is_read(town: Town, secret: str) -> None:
    for bad in ("other", secret + "x"):
        answer = await _send(town, bad, b"{no json")
        assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid webhook signature"})
    unsigned = await town.lab.http.post(f"{_path(town)}/incoming", json={"phoneNumber": CALLEE}, headers=town.ada)
    assert unsigned.status_code == 401
    assert town.lab.calling.dialer.dialled == []


async def test_an_agent_without_a_hook_answers_as_a_wrong_signature(town: Town) -> None:
    assert (await _send(town, "any", {"phoneNumber": CALLEE})).status_code == 401


async def test_a_timestamp_is_part_of_what_is_signed_and_grows_old(town: Town, secret: str) -> None:
    now = int(town.lab.clock.utc().timestamp())
    assert (await _send(town, secret, {"phoneNumber": CALLEE}, str(now - 299))).status_code == 200
    for bad in (str(now - 301), str(now + 301), "soon", ""):
        assert (await _send(town, secret, {"phoneNumber": CALLEE}, bad)).status_code == 401


async def test_a_request_that_is_sent_again_with_its_key_makes_one_call(town: Town, secret: str) -> None:
    for _ in range(2):
        await _send(town, secret, {"phoneNumber": CALLEE}, **{"Idempotency-Key": "k"})
    assert len(town.lab.calling.dialer.dialled) == 1


async def test_a_request_with_a_timestamp_cannot_be_sent_again_for_another_call(town: Town, secret: str) -> None:
    stamp, body = str(int(town.lab.clock.utc().timestamp())), {"phoneNumber": CALLEE}
    first, again = [(await _send(town, secret, body, stamp)).json()["request_id"] for _ in range(2)]
    assert first == again
    raw = json.dumps(body).encode()
    stolen = "sha256=" + hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"X-Webhook-Signature": stolen, "X-Webhook-Timestamp": stamp, "Idempotency-Key": "another"}
    answer = await town.lab.http.post(f"{_path(town)}/incoming", content=raw, headers=headers)
    assert answer.status_code == 401
    assert len(town.lab.calling.dialer.dialled) == 1


async def test_a_hook_that_is_off_and_a_body_without_a_number_are_400s(town: Town, secret: str) -> None:
    for body in ({}, {"phoneNumber": 5}, [1], {"phoneNumber": CALLEE, "x": {"deep": 1}}):
        assert (await _send(town, secret, body)).status_code == 400
    await town.lab.http.put(_path(town), json={"incoming": {"enabled": False}}, headers=town.ada)
    assert (await _send(town, secret, {"phoneNumber": CALLEE})).status_code == 400


async def test_a_secret_is_masked_unless_asked_for_and_rotates(town: Town, secret: str) -> None:
    shown = await town.lab.http.get(_path(town), headers=town.ada)
    assert secret not in shown.text
    rotated = (await town.lab.http.post(f"{_path(town)}/rotate-secret", headers=town.ada)).json()["secret"]
    assert (await _send(town, secret, {"phoneNumber": CALLEE})).status_code == 401
    assert (await _send(town, rotated, {"phoneNumber": CALLEE})).status_code == 200


async def test_what_would_be_told_after_calls_is_refused(town: Town, secret: str) -> None:
    for body in ({"outgoing": {"enabled": True}}, {"trigger_on_web_call": True}):
        assert (await town.lab.http.put(_path(town), json=body, headers=town.ada)).status_code == 400
