from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from server.app import build_app
from server.call_log import CallLog
from server.identity import build_identity
from server.settings import load_settings
from storage.engine import Database
from tests.support.echo_server import OneFlow
from tests.support.fake_call import EchoCalls
from transports.live import LiveCalls


def _app(data_dir: Path, **settings: Any) -> FastAPI:
    chosen = load_settings(data_dir=data_dir, flows_dir=data_dir, **settings)
    identity = build_identity(chosen, Database(chosen.database_address))
    log, live = CallLog(data_dir), LiveCalls()
    return build_app(chosen, EchoCalls(), OneFlow(), log, live, identity, OneFlow(), static_dir=data_dir)


@pytest.mark.parametrize(
    "path", ["/", "/ui", "/docs", "/openapi.json", "/health", "/ready", "/capabilities", "/ice-servers", "/metrics"]
)
async def test_what_needs_no_account_is_served(tmp_path: Path, path: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(_app(tmp_path)), base_url="http://127.0.0.1") as http:
        assert (await http.get(path)).status_code == 200


async def test_the_metrics_of_a_server_show_its_places_to_the_bearer_of_its_token(tmp_path: Path) -> None:
    app = _app(tmp_path, max_calls=5, metrics_token="hush")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        refused = await http.get("/metrics")
        shown = await http.get("/metrics", headers={"Authorization": "Bearer hush"})
    assert (refused.status_code, refused.json()["detail"], shown.status_code) == (401, "Unauthorized", 200)
    assert "antiphon_call_places 5.0" in shown.text
    assert "antiphon_active_calls 0.0" in shown.text
