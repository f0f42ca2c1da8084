"""The control plane over plain values, without a disk or a network."""

import datetime
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from control_api.app import ControlPlane, build_control_app
from control_api.sessions.service import Tickets
from kit.errors import NotFoundError
from tests.support.echo_server import OneFlow

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
CALL_ID = "01934f3c-0000-7000-8000-000000000000"


class StillClock:
    """A clock that stands."""

    def now_s(self) -> float:
        return 0.0

    def utc(self) -> datetime.datetime:
        return NOW


@dataclass
class PlainState:
    """`ServerState` to be set as a test likes."""

    draining: bool = False
    active_calls: int = 3
    max_calls: int = 8
    trouble: str | None = None

    def problem(self) -> str | None:
        return self.trouble

    def capabilities(self) -> Mapping[str, Any]:
        return {"transport": {"websocket": True}}


@dataclass
class PlainArchive:
    """One call, `CALL_ID`; recorded if `wav` is set."""

    wav: Path | None = None
    asked: list[str] = field(default_factory=list)

    def recent(self) -> Sequence[Mapping[str, Any]]:
        return [{"call_id": CALL_ID}]

    def report(self, call_id: str) -> Mapping[str, Any]:
        self.asked.append(call_id)
        if call_id != CALL_ID:
            raise NotFoundError("No such call.", code="call.not_found")
        return {"call_id": call_id, "end_reason": "completed"}

    def trace(self, call_id: str) -> Mapping[str, Any]:
        self.report(call_id)
        return {"traceEvents": []}

    def recording(self, call_id: str) -> Path:
        self.report(call_id)
        if self.wav is None:
            raise NotFoundError("Not recorded.", code="call.not_recorded")
        return self.wav


@dataclass
class Api:
    """A client, and what it talks to."""

    http: httpx.AsyncClient
    state: PlainState
    archive: PlainArchive
    tickets: Tickets


def _api(*, anonymous: bool) -> Api:
    state, archive, tickets = PlainState(), PlainArchive(), Tickets(lambda: 0.0)
    plane = ControlPlane(OneFlow(), archive, state, tickets, StillClock(), "1.2.3", anonymous)
    app = build_control_app(plane)

    @app.get("/planted")
    def planted() -> None:
        raise ZeroDivisionError("a secret of ours")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return Api(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000"), state, archive, tickets)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The API of a server on loopback."""
    api = _api(anonymous=True)
    async with api.http:
        yield api


@pytest.fixture
async def public_api() -> AsyncIterator[Api]:
    """The API of a server that others can reach."""
    api = _api(anonymous=False)
    async with api.http:
        yield api
