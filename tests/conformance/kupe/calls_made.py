"""Calls that are over, as they are kept."""

from collections.abc import Mapping
from typing import Any

from kit.ids import uuid7
from storage.tables.call_meter import CallMeter
from storage.tables.call_record import CallRecord
from tests.conformance.kupe.conftest import Town
from tests.support.set_clock import START

TURN = {"turn": 1, "caller": "Hello?", "bot": "Hi.", "gap_ms": 400.0, "at_s": 2.0}
USAGE = [
    {"kind": "stt", "audio_s": 3.5},
    {"kind": "llm", "tokens_in": 10, "tokens_out": 5},
    {"kind": "tts", "characters": 42},
]


async def account_of(town: Town, who: dict[str, str]) -> str:
    me: Mapping[str, Any] = (await town.lab.http.get("/api/v1/me", headers=who)).json()
    account_id: str = me["user_metadata"]["account_id"]
    return account_id


async def add_call(town: Town, *, call_id: str | None = None, transport: str = "websocket", **more: Any) -> str:
    account_id, call_id = await account_of(town, town.ada), call_id or uuid7()
    turns = [TURN | {"gap_ms": gap} for gap in more.pop("gaps", [400.0])]
    report = {"turns": turns, "usage": USAGE, "duration_s": 61.0, "recorded": True, "metadata": {}, "variables": {}}
    row = CallRecord(
        id=call_id,
        account_id=account_id,
        flow_id="agent",
        transport=transport,
        started_at=more.pop("at", START),
        duration_s=61.0,
        end_reason=more.pop("reason", "completed"),
        agent_id=more.pop("agent_id", None),
        report=report | more,
    )
    meter = CallMeter(
        id=call_id,
        account_id=account_id,
        rate_microcents=3_000_000,
        started_at=START,
        last_tick_at=START,
        elapsed_ms=61_000,
        captured=6_000_000,
        held=0,
        postings=1,
        ended_at=START,
        about={},
    )
    async with town.lab.database.writing(account_id) as session:
        session.add_all([row, meter])
    return call_id
