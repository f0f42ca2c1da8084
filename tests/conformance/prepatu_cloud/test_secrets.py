"""What is secret is told to its owner once and to nobody else: not in another answer, not in a log."""

import io
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog

from kit.clock import Clock
from server.access_log import AccessLog
from server.logging import configure
from tests.conformance.prepatu_cloud.conftest import Town
from tests.support.control_lab import PASSWORD

PROVIDER_KEY = "sk-or-0123456789abcdef"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Log as a server does that logs all it can; put everything back."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    levels = {name: logging.getLogger(name).level for name in list(logging.root.manager.loggerDict)}
    configure("debug", as_json=True, stream=stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    for name, each in levels.items():
        logging.getLogger(name).setLevel(each)
    structlog.reset_defaults()


async def test_secrets_are_in_no_log_and_in_no_second_answer(town: Town, logged: io.StringIO) -> None:
    ada, key = town.headers["ada"], town.names["key"]
    token = ada["Authorization"].removeprefix("Bearer ")
    transport = httpx.ASGITransport(AccessLog(town.lab.app, Clock()))
    async with httpx.AsyncClient(transport=transport, base_url="http://api.example.com") as http:
        log_in = {"email": "ada@example.com", "password": PASSWORD}
        told = [
            await http.post("/auth/signup", json=log_in),
            await http.post("/auth/login", json=log_in | {"password": PASSWORD + "?"}),
            await http.post("/auth/login", json=[log_in]),
            await http.get("/auth/api-keys", headers=ada),
            await http.patch("/v1/providers", headers=ada, json={"llm_api_key": PROVIDER_KEY}),
            await http.patch("/v1/providers", headers=ada, json={"llm_api_key": [PROVIDER_KEY]}),
            await http.get("/v1/providers", headers=ada, params={"masked": True}),
            await http.get("/v1/flows", headers={"Authorization": f"Bearer {token}x"}),
            await http.get("/v1/flows", params={"token": token}),
            await http.delete(f"/auth/api-keys/{key}", headers=ada),
            await http.delete(f"/auth/api-keys/{key}", headers=ada),
        ]
    assert [each.status_code for each in told] == [409, 401, 422, 200, 200, 422, 200, 401, 401, 204, 404]
    assert logged.getvalue().count('"http_request"') == len(told)
    said = "".join([logged.getvalue(), *(each.text for each in told)])
    secrets = {"password": PASSWORD, "key": key, "token": token, "provider key": PROVIDER_KEY, "hash": "$argon2id$"}
    assert [name for name, secret in secrets.items() if secret in said] == []
