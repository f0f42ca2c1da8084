"""Real servers, real calls, real money: what is left when credits, or the server, are gone."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from kit.money import from_cents
from storage.engine import EVERY_TENANT, Database
from storage.repositories import ledger
from storage.tables.call_meter import CallMeter
from tests.support.server_process import ADMIN, RATE_CENTS, serving

PATIENCE_S = 45.0
_FLOW = """
id: wait
version: "1.0.0"
initial_state: wait
states:
  wait:
    say: Hello. Please wait.
    transitions: {on_ui_event: {go: done}}
  done:
    say: Good-bye.
    transitions: {}
"""


async def _session(http: httpx.AsyncClient, email: str, *, cents: int = 0) -> tuple[dict[str, str], str]:
    """Sign up, be given credits, make a session; return the user's headers and the address to talk at."""
    signed_up = await http.post("/auth/signup", json={"email": email, "password": "correct horse"})
    person = {"Authorization": f"Bearer {signed_up.json()['access_token']}"}
    if cents:
        body = {"email": email, "amount_usd_cents": cents, "key": "once"}
        top_up = await http.post("/v1/credits/top-up", json=body, headers={"Authorization": f"Bearer {ADMIN}"})
        assert top_up.status_code == 200, top_up.text
    flow = await http.post("/v1/flows", json={"name": "wait", "yaml_content": _FLOW}, headers=person)
    assert flow.status_code == 201, flow.text
    made = await http.post("/v1/sessions", json={"flow_id": flow.json()["id"]}, headers=person)
    assert made.status_code == 200, made.text
    return person, made.json()["ws_url"]


async def _read_to_the_end(ws: ClientConnection) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(PATIENCE_S):
            async for message in ws:
                messages += [json.loads(message)] if isinstance(message, str) else []
    return messages


async def test_a_call_ends_kindly_when_its_credits_are_used_up(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, SIGN_UP_CREDITS_USD_CENTS="3") as server,
        httpx.AsyncClient(base_url=f"http://{server.origin}") as http,
    ):
        person, ws_url = await _session(http, "ada@example.com")
        async with connect(ws_url) as ws:
            messages = await _read_to_the_end(ws)
        assert ws.close_code == 4402
        said = [each["text"] for each in messages if each["type"] == "transcript" and each["role"] == "assistant"]
        assert "credits" in said[-1]
        assert [each["code"] for each in messages if each["type"] == "error"] == ["insufficient_credits"]
        assert [each["reason"] for each in messages if each["type"] == "flow_end"] == ["credits_exhausted"]
        balance = (await http.get("/v1/credits/balance", headers=person)).json()
        assert (balance["available_microcents"], balance["held_microcents"]) == (0, 0)
        refused = await http.post("/v1/sessions", json={"flow_id": "wait"}, headers=person)
        assert refused.status_code == 402


async def _meter(database: Database) -> CallMeter | None:
    async with database.reading(EVERY_TENANT) as session:
        meter: CallMeter | None = await session.scalar(select(CallMeter))
        return meter


async def _when(database: Database, *, elapsed_ms: int = 0, ended: bool = False) -> CallMeter:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            meter = await _meter(database)
            if meter is not None and meter.elapsed_ms >= elapsed_ms and (meter.ended_at is not None) is ended:
                return meter
            await asyncio.sleep(0.05)


async def test_a_killed_server_charges_its_calls_to_their_last_tick(tmp_path: Path, database_url: str) -> None:
    database = Database(database_url)
    async with (
        serving(tmp_path, DATABASE_URL=database_url) as server,
        httpx.AsyncClient(base_url=f"http://{server.origin}") as http,
    ):
        person, ws_url = await _session(http, "ada@example.com", cents=100)
        async with connect(ws_url):
            await _when(database, elapsed_ms=2_000)
            await server.kill()
    before = await _meter(database)
    assert before is not None
    assert before.ended_at is None
    async with (
        serving(tmp_path, DATABASE_URL=database_url) as server,
        httpx.AsyncClient(base_url=f"http://{server.origin}") as http,
    ):
        after = await _when(database, ended=True)
        (listed,) = (await http.get("/v1/sessions", headers=person)).json()
        balance = (await http.get("/v1/credits/balance", headers=person)).json()
    assert after.elapsed_ms == before.elapsed_ms
    assert after.ended_at is not None
    assert (after.ended_at - after.started_at).total_seconds() == before.elapsed_ms / 1000
    assert (after.captured, after.held) == (from_cents(RATE_CENTS), 0), "one started minute"
    assert listed["ended_at"] == after.ended_at.timestamp()
    assert balance["balance_usd_cents"] == 200 + 100 - RATE_CENTS
    async with database.reading(EVERY_TENANT) as session:
        assert sum((await ledger.sums(session)).values()) == 0
    await database.close()
