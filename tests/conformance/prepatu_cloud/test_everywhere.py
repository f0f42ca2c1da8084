"""What holds on every route of this API, also on those that are yet to come: the routes are walked, not listed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from control_api.app import MAX_BODY_BYTES
from tests.conformance.prepatu_cloud.conftest import GREET, Town
from tests.support.control_lab import client_of

OPEN = {
    ("POST", "/auth/signup"),
    ("POST", "/auth/login"),
    ("GET", "/auth/methods"),
    ("GET", "/auth/verify-email"),
    ("GET", "/auth/verify-email/confirm"),
    ("POST", "/auth/verify-email/confirm"),
    ("POST", "/auth/otp/request"),
    ("POST", "/auth/otp/verify"),
    ("POST", "/auth/password/reset/request"),
    ("POST", "/auth/password/reset"),
    ("GET", "/auth/oauth/{provider}"),
    ("GET", "/auth/oauth/{provider}/callback"),
    ("GET", "/v1/credits/packages"),
    ("GET", "/v1/config/checkout"),
}
"""For who has no credential yet."""

BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/sessions"): {"flow_id": "greet"},
    ("POST", "/v1/hooks"): {"url": "https://example.com/hook"},
    ("PATCH", "/v1/hooks/{hook_id}"): {"active": False},
    ("POST", "/v1/credits/top-up"): {"email": "ada@example.com", "amount_usd_cents": 100, "key": "1"},
    ("PUT", "/v1/flows/{flow_id}"): {"yaml_content": GREET},
    ("PATCH", "/v1/flows/{flow_id}"): {"name": "Mine"},
    ("PUT", "/v1/flows/{flow_id}/json"): {"id": "mine"},
}
"""What a route with somebody's id in its path takes."""

NAMES = {"flow_id": "flow", "key_id": "key_id", "hook_id": "hook", "session_id": "session"}
"""What of Ada's stands for a part of a path."""


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(app.routes):
        path = route.path or ""
        if path.startswith(("/v1/", "/auth/")) and route.methods:
            yield from ((method, path) for method in sorted(route.methods - {"HEAD"}))


def _filled(path: str, town: Town) -> str:
    path = path.replace("{version}", "1")
    return re.sub(r"{(\w+)}", lambda part: town.names[NAMES[part[1]]], path)


async def test_nobody_gets_anything_without_a_credential(town: Town) -> None:
    told = {}
    for method, path in _routes(town.lab.app):
        if (method, path) not in OPEN:
            answer = await town.lab.http.request(method, _filled(path, town), json=BODIES.get((method, path)))
            told[method, path] = answer.status_code
            assert list(answer.json()) == ["detail"]
    assert told == dict.fromkeys(told, 401)


async def test_what_is_anothers_is_not_there_and_stays_as_it_was(town: Town) -> None:
    ada, bob = town.headers["ada"], town.headers["bob"]
    shown = [f"/v1/flows/{town.names['flow']}", "/auth/api-keys", "/v1/hooks", "/v1/credits/balance"]
    before = [(await town.lab.http.get(path, headers=ada)).json() for path in shown]
    told = {}
    for method, path in _routes(town.lab.app):
        if "{" in path and (method, path) not in OPEN:
            body = BODIES.get((method, path))
            answer = await town.lab.http.request(method, _filled(path, town), headers=bob, json=body)
            told[method, path] = answer.status_code
    assert told == dict.fromkeys(told, 404)
    assert [(await town.lab.http.get(path, headers=ada)).json() for path in shown] == before


async def test_a_key_may_do_only_what_its_scopes_name(town: Town) -> None:
    key = await town.lab.make_key(town.headers["ada"], scope="credits:read")
    told = {}
    for method, path in _routes(town.lab.app):
        if path.startswith("/v1/flows"):
            body = BODIES.get((method, path), {"name": "a", "yaml_content": GREET} if method == "POST" else None)
            answer = await town.lab.http.request(method, _filled(path, town), headers=key, json=body)
            told[method, path] = answer.status_code
    assert len(told) > 10
    assert told == dict.fromkeys(told, 403)


@pytest.mark.parametrize("told_before", [True, False])
async def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(town: Town, told_before: bool) -> None:
    sent = 0

    async def chunks() -> Any:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * (MAX_BODY_BYTES // 8)

    headers = {"Content-Length": str(MAX_BODY_BYTES * 8)} if told_before else {}
    for path in ("/v1/flows", "/v1/flows/validate", "/auth/signup"):
        sent = 0
        answer = await town.lab.http.post(path, headers=town.headers["ada"] | headers, content=chunks())
        assert (answer.status_code, answer.json()) == (413, {"detail": "Content Too Large"})
        assert sent < 16


async def test_a_body_of_just_the_limit_is_read(town: Town) -> None:
    text = GREET + "#" * (200 * 1024)
    answer = await town.lab.http.post(
        "/v1/flows", headers=town.headers["ada"], json={"name": "a", "yaml_content": text}
    )
    assert answer.status_code == 201
    content = b'{"yaml_content": "' + b"#" * (MAX_BODY_BYTES - 20) + b'"}'
    assert len(content) == MAX_BODY_BYTES
    answer = await town.lab.http.post("/v1/flows/validate", headers=town.headers["ada"], content=content)
    assert (answer.status_code, answer.json()["findings"][0]["code"]) == (200, "parse.too_large")


async def test_a_page_of_another_site_may_ask_with_its_key(town: Town) -> None:
    page = {"Origin": "https://shop.example"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-prepatu-key"}
    async with client_of(town.lab.app) as http:
        allowed = await http.options("/v1/sessions", headers=page | asked)
        told = await http.get("/v1/flows", headers=page | town.headers["ada's key"])
        refused = await http.get("/v1/flows", headers=page)
        own = await http.get("/flows", headers=page)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "x-prepatu-key" in allowed.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in allowed.headers
    assert (told.status_code, told.headers["access-control-allow-origin"]) == (200, "*")
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "*")
    assert "access-control-allow-origin" not in own.headers


@pytest.mark.parametrize(
    "text",
    [
        "%0d%0aSet-Cookie:%20a=b",
        "%E2%80%A8x",
        "..%2f..%2fetc",
        "%00",
        "\udcff".encode("utf-8", "surrogateescape").hex(),
    ],
)
async def test_what_a_client_says_never_becomes_a_header(town: Town, text: str) -> None:
    for method, path in (
        ("GET", f"/v1/flows/{text}"),
        ("POST", f"/auth/api-keys?label={text}"),
        ("GET", f"/v1/flows?before={text}"),
    ):
        answer = await town.lab.http.request(method, path, headers=town.headers["ada"])
        assert answer.status_code < 500
        assert "set-cookie" not in answer.headers
        assert all("\n" not in value for value in answer.headers.values())
