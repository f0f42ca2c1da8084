"""The server that is measured: real transport, real core, real voice detection; instant scripted models.

Started by `benchmarks.capacity` on a core of its own. Answers each line on standard input with its figures.
"""

import asyncio
import json
import os
import resource
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from flows.load import load
from kit.clock import Clock
from pipeline.ports import Leg, Providers
from pipeline.session import CallContext, CallHost, CallSession, CallSettings
from pipeline.vad import VadScheduler
from providers.embedded.gate import WebRtcGate
from providers.embedded.silero import SileroVad
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from server.drain import config_of
from transports.live import LiveCalls
from transports.ports import Call, CallRequest
from transports.pvp_routes import pvp_router

_FLOW = load("""
id: chatter
version: "1.0.0"
initial_state: chat
states:
  chat:
    say: This is the first sentence of an answer. And this is another one, just as long.
    transitions:
      on_utterance: [{pattern: "word", target: chat}]
""")
_WORDS = ("a word",) * 10_000


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


class _Node:
    """Makes calls and watches its own loop."""

    def __init__(self) -> None:
        self.lags_s: list[float] = []
        self._clock = Clock()
        self._host: CallHost | None = None
        self._providers = Providers(FakeStt(_WORDS), FakeTts(rate_hz=16_000, s_per_char=0.05, chunk_s=2.0))

    @asynccontextmanager
    async def open(self, app: FastAPI) -> AsyncIterator[None]:
        del app
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "vad") as detector:
            vad = VadScheduler(SileroVad(), lambda work, *args: loop.run_in_executor(detector, work, *args))
            self._host = CallHost(vad, self._clock, WebRtcGate, CallSettings(partial_every_s=None))
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(vad.run()),
                    tasks.create_task(self._watch()),
                    tasks.create_task(self._report()),
                ]
                yield
                for task in running:
                    task.cancel()

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        assert self._host is not None
        return CallSession(CallContext(request.call_id, _FLOW), self._providers, leg, self._host)

    async def _watch(self) -> None:
        """Note how late a 10 ms timer is."""
        due_s = self._clock.now_s()
        while True:
            due_s += 0.01
            await asyncio.sleep(due_s - self._clock.now_s())
            late_s = self._clock.now_s() - due_s
            self.lags_s.append(late_s)
            due_s = max(due_s, self._clock.now_s() - 0.01)

    async def _report(self) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while await reader.readline():
            lags, self.lags_s = sorted(self.lags_s), []
            usage = resource.getrusage(resource.RUSAGE_SELF)
            with open("/proc/self/statm") as statm:  # noqa: ASYNC230  not a file on a disk
                rss = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            lag_ms = 1000 * lags[int(len(lags) * 0.99)] if lags else 0.0
            figures = {"cpu_s": usage.ru_utime + usage.ru_stime, "rss_mb": rss / 2**20, "lag_p99_ms": lag_ms}
            print(json.dumps(figures), flush=True)


def main() -> None:
    """Serve until standard input closes or a signal comes."""
    node = _Node()
    app = FastAPI(lifespan=node.open)
    app.include_router(pvp_router(node, _Tokens(), _Door(), LiveCalls(), Clock()))
    server = uvicorn.Server(config_of(app))
    server.config.port = int(sys.argv[1])
    server.run()


if __name__ == "__main__":
    main()
