"""The server that is measured: the whole control plane, metered calls, real voice detection; instant scripted models.

Started by `benchmarks.control` on a core of its own; prints its port when it is ready.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from fastapi import FastAPI

from control_api.route_table import add_routes
from kit.clock import Clock
from kit.threads import step_back
from pipeline.ports import Leg, Providers
from pipeline.session import CallContext, CallHost, CallSession, CallSettings
from pipeline.vad import VadScheduler
from providers.embedded.gate import WebRtcGate
from providers.embedded.silero import SileroVad
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from server import drain, logging
from server.account_flows import AccountFlows
from server.app import build_app
from server.call_flows import CallFlows
from server.call_log import CallLog
from server.call_meter import MeteredCalls
from server.database import opened
from server.flow_store import FlowStore
from server.identity import build_identity
from server.money import build_money
from server.settings import Settings, load_settings
from storage.engine import Database
from transports.live import LiveCalls
from transports.ports import Call, CallRequest

_WORDS = ("a word",) * 10_000


class _Calls:
    """Makes calls with models that answer at once."""

    def __init__(self, flows: CallFlows) -> None:
        self._flows = flows
        self._host: CallHost | None = None
        self._providers = Providers(FakeStt(_WORDS), FakeTts(rate_hz=16_000, s_per_char=0.05, chunk_s=2.0))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "vad", step_back) as detector:
            vad = VadScheduler(SileroVad(), lambda work, *args: loop.run_in_executor(detector, work, *args))
            self._host = CallHost(vad, Clock(), WebRtcGate, CallSettings(partial_every_s=None))
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(vad.run())
                yield
                listening.cancel()

    async def place(self, request: CallRequest, leg: Leg) -> Call:
        assert self._host is not None, "open while there are calls"
        context = CallContext(request.call_id, await self._flows.of(request))
        return CallSession(context, self._providers, leg, self._host)


def _build(settings: Settings, live: LiveCalls) -> FastAPI:
    """Put together what `server.wiring` does, but for the models."""
    database, files = Database(settings.database_address), FlowStore(settings.flows_dir)
    call_log = CallLog(settings.data_dir)
    named, money = AccountFlows(database, files), build_money(settings, database, call_log)
    calls = _Calls(CallFlows(named))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with opened(database, has_own_account=False), money.open(), calls.open():
            yield

    identity = build_identity(settings, database, welcome=money.welcome)
    metered = MeteredCalls(calls, money.billing, Clock())
    app = build_app(settings, metered, files, call_log, live, identity, named, lifespan=lifespan)
    add_routes(app, *money.routers)
    return app


def main() -> None:
    """Serve until a signal comes; settings as of `antiphon serve`."""
    settings, live = load_settings(), LiveCalls()
    logging.configure(settings.log_level, as_json=False)
    app = _build(settings, live)
    with drain.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        drain.serve(app, listener, live, 0.0, lambda: print(port, flush=True))


if __name__ == "__main__":
    main()
