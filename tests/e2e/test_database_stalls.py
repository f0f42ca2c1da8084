"""A running call needs no database: it goes on, ends, and is counted afterwards when the database stalls or is gone."""

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from storage.engine import EVERY_TENANT, Database
from storage.repositories import ledger
from storage.tables.call_meter import CallMeter
from tests.support.stalling_proxy import StallingProxy

PATIENCE_S = 30.0  # on a busy machine
_FLOW = """
id: wait
version: "1.0.0"
initial_state: wait
states:
  wait:
    say: Hello. Please wait.
    transitions: {on_ui_event: {go: next}}
  next:
    say: Here we go.
    transitions: {on_ui_event: {end: __end__}}
"""

Trouble = Callable[[], AbstractContextManager[None]]


@asynccontextmanager
async def _served(data_dir: Path, url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Run a server whose models answer at once."""
    own = {"DATABASE_URL": url, "DATA_DIR": str(data_dir), "METER_TICK_S": "1", "LOG_LEVEL": "error"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.control.node"), stdout=asyncio.subprocess.PIPE, env=os.environ | own
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            port = int(await process.stdout.readline())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as http:
            yield http
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _troubled(kind: str, database_url: str) -> AsyncIterator[tuple[str, Trouble]]:
    """Return the address for the server, and what brings its database into trouble for a while."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        assert url.database is not None
        yield database_url, lambda: _write_lock(str(url.database))
        return
    assert url.port is not None
    async with StallingProxy(url.port).running() as proxy:

        @contextmanager
        def trouble() -> Any:
            (proxy.cut if kind == "is gone" else proxy.stall)()
            try:
                yield
            finally:
                proxy.mend()

        yield url.set(port=proxy.own_port).render_as_string(hide_password=False), trouble


@contextmanager
def _write_lock(file: str) -> Any:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def _session(http: httpx.AsyncClient) -> tuple[dict[str, str], dict[str, Any]]:
    signed_up = await http.post("/auth/signup", json={"email": "ada@example.com", "password": "correct horse"})
    person = {"Authorization": f"Bearer {signed_up.json()['access_token']}"}
    flow = await http.post("/v1/flows", json={"name": "wait", "yaml_content": _FLOW}, headers=person)
    made = await http.post("/v1/sessions", json={"flow_id": flow.json()["id"]}, headers=person)
    assert made.status_code == 200, made.text
    session: dict[str, Any] = made.json()
    return person, session


async def _until_said(ws: ClientConnection, text: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        async for message in ws:
            if isinstance(message, str) and text in json.loads(message).get("text", ""):
                return
    raise AssertionError("the call ended")


async def _meter(database: Database, *, ticked: bool = False, ended: bool = False) -> CallMeter:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with database.reading(EVERY_TENANT) as session:
                meter: CallMeter | None = await session.scalar(select(CallMeter))
            if meter is not None and (meter.elapsed_ms > 0 or not ticked) and (meter.ended_at is not None) is ended:
                return meter
            await asyncio.sleep(0.05)


async def _shown(http: httpx.AsyncClient, path: str, person: dict[str, str]) -> dict[str, Any]:
    """Wait until the record is written."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            shown: dict[str, Any] = (await http.get(path, headers=person)).json()
            if shown["turns"]:
                return shown
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("database_url", "kind"),
    [("sqlite", "stalls"), ("postgresql", "stalls"), ("postgresql", "is gone")],
    indirect=["database_url"],
)
async def test_a_call_goes_on_and_ends_while_its_database(tmp_path: Path, database_url: str, kind: str) -> None:
    database = Database(database_url)
    async with _troubled(kind, database_url) as (url, trouble), _served(tmp_path, url) as http:
        person, made = await _session(http)
        async with connect(made["ws_url"]) as ws:
            await _until_said(ws, "Please wait")
            await _meter(database, ticked=True)
            with trouble():
                await asyncio.sleep(3.5)  # ticks are missed, and one is under way
                await ws.send(json.dumps({"type": "ui_event", "action": "go"}))
                await _until_said(ws, "Here we go")
                if not database.is_sqlite:
                    health = await http.get("/health", timeout=5)
                    assert (health.status_code, health.json()["active_calls"]) == (503, 1)
                await ws.send(json.dumps({"type": "ui_event", "action": "end"}))
                async with asyncio.timeout(PATIENCE_S / 3):  # before the database is there again, or gives up
                    with contextlib.suppress(ConnectionClosed):
                        while True:
                            await ws.recv()
                assert ws.close_code == 1000
        meter = await _meter(database, ended=True)
        assert meter.elapsed_ms > 3_500
        async with database.reading(EVERY_TENANT) as session:
            assert sum((await ledger.sums(session)).values()) == 0
        shown = await _shown(http, f"/v1/sessions/{made['session_id']}", person)
        assert "Thank you. Goodbye." in [line["text"] for line in shown["transcript"]]
        assert shown["status"] == "ended"
    await database.close()
