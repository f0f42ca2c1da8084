import httpx
import pytest
import structlog
from fastapi import FastAPI

from kit.clock import Clock
from server.access_log import AccessLog


def _app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(AccessLog, clock=Clock())

    @app.get("/fine")
    def fine() -> str:
        return "fine"

    @app.get("/bug")
    def bug() -> None:
        raise ZeroDivisionError

    @app.get("/answer/{secret}")
    def answer(secret: str) -> str:
        return "fine"

    return app


async def test_what_a_carrier_knows_a_line_by_is_not_logged() -> None:
    transport = httpx.ASGITransport(_app(), raise_app_exceptions=False)
    with structlog.testing.capture_logs() as lines:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            assert (await http.get("/answer/opensesame")).status_code == 200
    assert [line["path"] for line in lines] == ["/answer/…"]


@pytest.mark.parametrize(
    "path", ["/auth/api-keys/pk_live_abc-DEF_0", "/v1/ws/st_abc-DEF_0/more", "/v1/ws/rt_abc-DEF_0/more"]
)
async def test_a_key_or_a_session_in_a_path_is_not_logged(path: str) -> None:
    transport = httpx.ASGITransport(_app(), raise_app_exceptions=False)
    with structlog.testing.capture_logs() as lines:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            await http.get(path)
    (line,) = lines
    assert line["path"] == path.replace("abc-DEF_0", "…")


@pytest.mark.parametrize(("path", "status"), [("/fine", 200), ("/bug", 500), ("/nope", 404)])
async def test_a_request_is_one_line_without_its_query(path: str, status: int) -> None:
    transport = httpx.ASGITransport(_app(), raise_app_exceptions=False)
    with structlog.testing.capture_logs() as lines:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            await http.get(path, params={"token": "st_secret"})
    (line,) = lines
    assert (line["event"], line["path"], line["status"], line["method"]) == ("http_request", path, status, "GET")
    assert "st_secret" not in str(line)
