from pathlib import Path

import httpx

from server.app import build_app
from server.call_log import CallLog
from server.identity import build_identity
from server.settings import load_settings
from storage.engine import Database
from tests.support.echo_server import OneFlow
from tests.support.fake_call import EchoCalls
from transports.live import LiveCalls


async def test_the_metrics_of_a_server_show_its_places_to_the_bearer_of_its_token(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, flows_dir=tmp_path, max_calls=5, metrics_token="hush")
    identity = build_identity(settings, Database(settings.database_address))
    app = build_app(
        settings, EchoCalls(), OneFlow(), CallLog(tmp_path), LiveCalls(), identity, OneFlow(), static_dir=tmp_path
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        refused = await http.get("/metrics")
        shown = await http.get("/metrics", headers={"Authorization": "Bearer hush"})
    assert (refused.status_code, shown.status_code) == (401, 200)
    assert "antiphon_call_places 5.0" in shown.text
    assert "antiphon_active_calls 0.0" in shown.text
