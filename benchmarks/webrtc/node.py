"""Our server as it is measured: `node PORT echo` gives sound back, `node PORT bot` is a whole call."""

import asyncio
import datetime
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from benchmarks.capacity.meter import Meter
from benchmarks.capacity.node import Node
from kit.clock import Clock
from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import PeerGone
from pipeline.ports import Frame, Leg
from pipeline.report import CallReport
from server.drain import config_of
from server.logging import configure
from transports.companions import Companions
from transports.live import LiveCalls
from transports.ports import Call, CallFactory, CallRequest
from transports.pvp_routes import sessions_of
from transports.webrtc.ice import IceServers
from transports.webrtc.peers import RtcPeers
from transports.webrtc.routes import RtcHost, webrtc_router

_MOST = 1_000


class _Echo:
    """A call that gives back what it hears."""

    def __init__(self, request: CallRequest, leg: Leg) -> None:
        self._request, self._leg = request, leg
        self._over = asyncio.Event()
        self._pos_samples = 0

    async def run(self) -> CallReport:
        started_at = Clock().utc()
        await self._over.wait()
        return CallReport(self._request.call_id, "echo", started_at, _seconds_since(started_at), "over", True, {}, ())

    def receive(self, frame: Frame) -> None:
        match frame:
            case AudioIn(pcm):
                self._leg.send(AudioOut(pcm, self._pos_samples, 1))
                self._pos_samples += len(pcm) // 2
            case PeerGone():
                self._over.set()

    def end(self, reason: str) -> None:
        self._over.set()


class _Echoes:
    """Makes echoes."""

    @asynccontextmanager
    async def open(self, app: FastAPI) -> AsyncIterator[None]:
        Meter().start()
        yield

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        return _Echo(request, leg)


class _Book:
    """No session was ever made here."""

    async def redeem(self, token: str) -> CallRequest:
        raise KeyError(token)

    async def release(self, token: str) -> None:
        raise KeyError(token)

    async def is_good(self, token: str) -> bool:
        return False


class _Door:
    """Lets everybody in."""

    async def account_of(self, connection: HTTPConnection) -> str:
        return "benchmark"


def _seconds_since(at: datetime.datetime) -> float:
    return (Clock().utc() - at).total_seconds()


def main() -> None:
    """Serve on the port `argv[1]` what `argv[2]` says until standard input closes."""
    configure("warning", as_json=True)
    node: Node | _Echoes = Node() if sys.argv[2] == "bot" else _Echoes()
    calls: CallFactory = node
    live, clock, book = LiveCalls(), Clock(), _Book()
    app = FastAPI(lifespan=node.open)
    sessions = sessions_of(calls, book, live, clock)
    host = RtcHost(
        sessions, book, _Door(), Companions(clock, 0), live, clock, RtcPeers(clock, _MOST), IceServers([], clock)
    )
    app.include_router(webrtc_router(host))
    config = config_of(app)
    config.port = int(sys.argv[1])
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
