import httpx
import pytest
from fastapi import FastAPI

from control_api import errors
from control_api.metrics.routes import metrics_router

TYPE = "text/plain; version=1.0.0; charset=utf-8"


def _client(token: str | None) -> httpx.AsyncClient:
    app = FastAPI()
    errors.install(app, lambda _: errors.encode)
    app.include_router(metrics_router(lambda: (b"antiphon_active_calls 0\n", TYPE), token))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")


async def test_without_a_token_anybody_may_ask() -> None:
    async with _client(None) as http:
        response = await http.get("/metrics")
    assert (response.status_code, response.headers["content-type"]) == (200, TYPE)
    assert response.content == b"antiphon_active_calls 0\n"


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", "Bearer tokem", "Basic token", "token", "Bearer töken"]
)
async def test_with_a_token_nobody_may_ask_without_it(given: str | None) -> None:
    async with _client("token") as http:
        response = await http.get("/metrics", headers=[] if given is None else [(b"authorization", given.encode())])
    assert (response.status_code, response.json()["error"]) == (401, "auth.required")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("given", ["Bearer token", "bearer token"])
async def test_the_bearer_of_the_token_may_ask(given: str) -> None:
    async with _client("token") as http:
        response = await http.get("/metrics", headers={"Authorization": given})
    assert response.status_code == 200
