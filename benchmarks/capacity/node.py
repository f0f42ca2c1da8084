"""Our server as it is measured: real transports, real core, real voice detection; instant models."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from benchmarks.capacity.instant import InstantLlm, InstantStt, InstantTts
from benchmarks.capacity.meter import Meter
from flows.load import load
from kit.clock import Clock
from kit.threads import step_back
from pipeline.ports import Leg, Providers
from pipeline.session import CallContext, CallHost, CallSession
from pipeline.vad import VadScheduler
from providers.embedded.gate import WebRtcGate
from providers.embedded.silero import SileroVad
from server.drain import config_of
from server.logging import configure
from telephony.connection import Exchange
from telephony.media_routes import direct_router
from transports.companions import Companions
from transports.live import LiveCalls
from transports.ports import Call, CallRequest
from transports.pvp_routes import pvp_router, sessions_of

_FLOW = load("""
id: chatter
version: "1.0.0"
initial_state: chat
states:
  chat:
    prompt: Help the caller to book a table.
    transitions:
      on_utterance: [{pattern: "never said", target: chat}]
""")


class _Tokens:
    """No session was ever made here."""

    async def redeem(self, token: str) -> CallRequest:
        raise KeyError(token)

    async def release(self, token: str) -> None:
        raise KeyError(token)


class _Door:
    """Lets everybody in."""

    async def account_of(self, connection: HTTPConnection) -> str:
        return "benchmark"


class Node:
    """Makes calls of a bot whose models are instant."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._host: CallHost | None = None
        self._stt, self._tts, self._llm = InstantStt(), InstantTts(16_000), InstantLlm()

    @asynccontextmanager
    async def open(self, app: FastAPI) -> AsyncIterator[None]:
        """Load the detector; calls can be placed until it closes."""
        del app
        loop = asyncio.get_running_loop()
        Meter().start()
        with ThreadPoolExecutor(1, "vad", step_back) as detector:
            vad = VadScheduler(SileroVad(), lambda work, *args: loop.run_in_executor(detector, work, *args))
            self._host = CallHost(vad, self._clock, WebRtcGate)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(vad.run())
                gc.freeze()  # as the server does
                yield
                running.cancel()

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        """See `transports.ports.CallFactory`."""
        assert self._host is not None
        providers = Providers(self._stt, self._tts, llm=self._llm)
        return CallSession(CallContext(request.call_id, _FLOW), providers, leg, self._host)


def main() -> None:
    """Serve on the port `argv[1]` until standard input closes or a signal comes."""
    configure("warning", as_json=True)
    node, live = Node(), LiveCalls()
    app = FastAPI(lifespan=node.open)
    sessions = sessions_of(node, _Tokens(), live, Clock())
    app.include_router(pvp_router(sessions, _Door(), live, Companions(Clock(), 0)))
    app.include_router(direct_router(_Door(), Exchange(node, live, Clock())))
    config = config_of(app)
    config.port = int(sys.argv[1])
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
