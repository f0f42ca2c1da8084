"""Every operation that the specification names: served as `operations.csv` says, or listed there with the reason.

`shape` has the keys that an answer has at least; `[]` stands before those of the elements of a list.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from tests.conformance.kupe.calls_made import account_of, add_call
from tests.conformance.kupe.conftest import Town
from tests.support.calling_lab import CREDENTIALS, LINE_NUMBER

HERE = Path(__file__).parent
FILES = {"zip": b"PK", "wav": b"RIFF"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SIGNED = "/api/v1/webhooks/agents/{agent_id}/incoming"
"""Has its signature for a credential: `test_hooks.py`."""
MEDIA_PLANE = {
    "/api/call/web-media-stream": "tests/unit/transports/pvp/test_address.py",
    "/api/call/incoming_call": "tests/unit/telephony/twilio/test_inbound.py",
    "/api/call/plivo-incoming_call": "tests/unit/telephony/plivo/test_webhook.py",
    "/api/call/plivo-hangup": "tests/unit/telephony/plivo/test_webhook.py",
    "/api/call/exotel-incoming_call": "tests/unit/telephony/exotel/test_routes.py",
}
"""Served by the media plane, which the laboratory of the control plane has not; and where they are tested."""


@dataclass(frozen=True)
class Operation:
    """One row."""

    section: str
    method: str
    path: str
    status: str
    shape: str
    access: str
    tenant: str
    not_served: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def _operations() -> list[Operation]:
    with (HERE / "operations.csv").open(encoding="utf-8") as file:
        return [Operation(**row) for row in csv.DictReader(file)]


OPERATIONS = _operations()
SERVED = [each for each in OPERATIONS if not each.not_served and each.path not in {SIGNED, *MEDIA_PLANE}]
SERVED.sort(key=lambda each: (each.method == "DELETE", -len(each.path)))  # what is shown must still be there

QUERIES = {
    "GET /health": {"dialect": "kupe"},
    "GET /api/v1/call-analytics/export": {"request_id": "session_id"},
    "GET /api/call/test": {"agent_id": "agent_id"},
    "GET /api/call/init-web-media-stream": {"agent_id": "agent_id"},
    "POST /api/call/create_call": {"phoneNumber": "+12125550123", "agent_id": "agent_id"},
    "PUT /api/v1/agents/{agent_id}": {"force_update": "true"},
    "DELETE /api/v1/agents/{agent_id}": {"force_delete": "true"},
} | {
    f"PATCH /api/v1/agents/{{agent_id}}/{section}": {"force_update": "true"}
    for section in ("model-config", "tts-config", "transcriber-config", "vad-config")
}
BODIES: dict[str, Any] = {
    "POST /api/v1/agents": {"agent": {"name": "New"}},
    "POST /api/v1/agents/simple": {"name": "New"},
    "PUT /api/v1/agents/{agent_id}": {"agent": {"description": "Other"}},
    "PATCH /api/v1/agents/{agent_id}/model-config": {"temperature": 0.5},
    "PATCH /api/v1/agents/{agent_id}/tts-config": {"language": "en"},
    "PATCH /api/v1/agents/{agent_id}/transcriber-config": {"provider_id": "antiphon_ears", "language": "en"},
    "PATCH /api/v1/agents/{agent_id}/vad-config": {"vad_provider_id": "silero"},
    "POST /api/v1/tts-voices": {"name": "Me", "voice_id": "aura-2-me-en", "tts_model_name": "aura-2"},
    "POST /api/v1/phone": {"phone_number": "+14158675310", "provider": "twilio", "credentials": dict(CREDENTIALS)},
    "POST /api/v1/phone/verify": {"phone_number": LINE_NUMBER, "provider": "twilio", "credentials": dict(CREDENTIALS)},
    "PUT /api/v1/phone/{phone_id}": {"friendly_name": "Front"},
    "POST /api/v1/phone/mapping": {"phone_number_id": "phone_id", "agent_id": "agent_id"},
    "POST /api/v1/phone/mapping/workflow": {"phone_number_id": "phone_id", "workflow_id": "greet"},
    "PUT /api/v1/phone/mapping/{mapping_id}": {"agent_id": "agent_id"},
    "PUT /api/v1/feature-flags/{user_id}": {"outbound": True},
    "POST /api/v1/api-keys": {"name": "New"},
    "POST /api/v1/api-keys/exists": {"user_id": "user_id"},
    "PATCH /api/v1/api-keys/{key_id}": {"name": "Other"},
    "PUT /api/v1/webhooks/agents/{agent_id}": {"incoming": {"enabled": True}},
}


@pytest.fixture
async def settled(town: Town) -> Town:
    """Give Ada a line that leads to her agent, and a call."""
    line_id = await town.lab.calling.add_line(await account_of(town, town.ada))
    line = dict.fromkeys(("phone_id", "phone_number_id", "mapping_id"), line_id)
    town.names |= line | {"session_id": await add_call(town)}
    mapped = {"phone_number_id": line_id, "agent_id": town.names["agent_id"]}
    answer = await town.lab.http.post("/api/v1/phone/mapping", json=mapped, headers=town.ada)
    assert answer.status_code == 200, answer.text
    return town


def _filled(value: Any, town: Town) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, town) for key, each in value.items()}
    return town.names.get(value, value) if isinstance(value, str) else value


async def _ask(town: Town, operation: Operation, headers: dict[str, str]) -> httpx.Response:
    path = re.sub(r"{(\w+)}", lambda part: town.names[part[1]], operation.path)
    query, body = QUERIES.get(operation.name, {}), BODIES.get(operation.name)
    return await town.lab.http.request(
        operation.method, path, params=_filled(query, town), json=_filled(body, town), headers=headers
    )


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            yield method, route.path or ""


def test_no_documented_operation_is_missing() -> None:
    lines = (HERE / "documented.txt").read_text(encoding="utf-8").splitlines()
    documented = [line for line in lines if line and not line.startswith("#")]
    assert sorted(each.name for each in OPERATIONS) == sorted(documented)


async def test_what_is_served_is_routed_and_what_is_not_says_why(town: Town) -> None:
    routed = {f"{method} {re.sub('{.*?}', '{}', path)}" for method, path in _routes(town.lab.app)}
    for each in OPERATIONS:
        known = f"{each.method} {re.sub('{.*?}', '{}', each.path)}" in routed or each.path in MEDIA_PLANE
        assert known is not bool(each.not_served), each.name
        assert not each.not_served or (len(each.not_served) > 10 and not each.status), each.name


async def test_every_operation_answers_as_declared(settled: Town) -> None:
    told, lacking = {}, {}
    for each in SERVED:
        answer = await _ask(settled, each, settled.ada)
        told[each.name] = (answer.status_code, answer.text if answer.status_code >= 400 else "")
        lacking[each.name] = _lacking(answer, each.shape) if answer.status_code < 400 else []
    assert told == {each.name: (int(each.status), "") for each in SERVED}
    assert lacking == {each.name: [] for each in SERVED}


def _lacking(answer: httpx.Response, shape: str) -> list[str]:
    if shape in FILES:
        return [] if answer.content.startswith(FILES[shape]) else [shape]
    value, keys = answer.json(), shape.split()
    if keys[:1] == ["bool"]:
        return [] if isinstance(value, bool) else ["a boolean"]
    if keys[:1] != ["[]"]:
        return [key for key in keys if key not in value] if isinstance(value, dict) else ["an object"]
    if not isinstance(value, list) or not value:
        return ["a list with something in it"]
    return [key for key in keys[1:] for each in value if key not in each]


async def test_nobody_gets_anything_without_a_credential(settled: Town) -> None:
    told = {}
    for each in SERVED:
        if each.access == "credential":
            answer = await _ask(settled, each, {})
            told[each.name] = (answer.status_code, list(answer.json()))
    assert told == dict.fromkeys(told, (401, ["detail"]))


async def test_a_key_without_the_scope_is_refused_in_the_documented_words(settled: Town) -> None:
    told = {}
    for each in SERVED:
        if each.access == "credential" and each.path != "/api/v1/providers/model":
            answer = await _ask(settled, each, settled.narrow)
            told[each.name] = (answer.status_code, answer.json()["detail"])
    assert told == dict.fromkeys(told, (403, "Forbidden: API Key does not have required scopes"))


async def test_what_is_anothers_is_not_there(settled: Town) -> None:
    told = {each.name: (await _ask(settled, each, settled.bob)).status_code for each in SERVED if each.tenant == "yes"}
    assert len(told) > 15
    assert told == dict.fromkeys(told, 404)


async def test_a_method_that_is_not_declared_is_a_405(settled: Town) -> None:
    routes = [(method, compile_path(path)[0]) for method, path in _routes(settled.lab.app)]
    told = {}
    for path in {each.path for each in SERVED}:
        plain = re.sub(r"{(\w+)}", lambda part: settled.names[part[1]], path)
        for method in METHODS:
            if not any(known == method and pattern.match(plain) for known, pattern in routes):
                answer = await settled.lab.http.request(method, plain, headers=settled.ada)
                told[method, path] = answer.status_code
    assert len(told) > 50
    assert told == dict.fromkeys(told, 405)
