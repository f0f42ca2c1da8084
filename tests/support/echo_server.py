"""The real application on a real uvicorn, with echo calls: in a thread, or as a process (`python -m`)."""

import contextlib
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from control_api.app import Lifespan
from control_api.ports import FlowSummary
from kit.errors import InputError, NotFoundError
from server import drain
from server.app import build_app
from server.call_log import CallLog
from server.database import opened
from server.identity import build_identity
from server.rtc import SPARE_PEERS
from server.settings import Settings
from storage.engine import Database
from tests.support.fake_call import EchoCalls
from transports.live import LiveCalls


class OneFlow:
    """A catalogue with the flow `greet`, whose id is `greet_flow`, and the broken flow `broken`."""

    def names(self) -> Sequence[str]:
        """Return both stems."""
        return ["broken", "greet"]

    def summaries(self) -> Sequence[FlowSummary]:
        """Return the flow that can be called."""
        return [FlowSummary("greet", "greet_flow", "Greeting", "Says hello.", 2)]

    def document(self, name: str) -> Mapping[str, Any]:
        """Return the document."""
        if name == "broken":
            raise InputError("line 1: not a flow", code="flow.invalid")
        if name not in ("greet", "greet_flow"):
            raise NotFoundError(f"Flow '{name}' not found.", code="flow.not_found")
        return {"id": "greet_flow"}

    async def pin(self, session: AsyncSession, account_id: str, name: str) -> str | None:
        """Find it for a session."""
        self.document(name)
        return None

    def graph(self, name: str) -> Mapping[str, Any]:
        """Return the graph."""
        flow_id = self.document(name)["id"]
        return {"flow_id": flow_id, "initial_state": "hello", "nodes": [], "edges": []}


@dataclass
class RunningServer:
    """A server to connect to."""

    port: int
    calls: EchoCalls
    live: LiveCalls
    data_dir: Path
    server: drain.DrainingServer
    max_peers: int

    @property
    def ws_url(self) -> str:
        """Its WebSocket origin."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def http_url(self) -> str:
        """Its HTTP origin."""
        return f"http://127.0.0.1:{self.port}"


def _lifespan(database: Database) -> Lifespan:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with opened(database, has_own_account=True):
            yield

    return lifespan


@contextlib.contextmanager
def running(
    data_dir: Path, *, max_calls: int = 1_000, calls: EchoCalls | None = None, static_dir: Path | None = None
) -> Iterator[RunningServer]:
    """Run a server in a thread until the block ends; without a folder for it, there is no page."""
    flows_dir = data_dir / "flows"
    flows_dir.mkdir(parents=True, exist_ok=True)
    settings = Settings(_env_file=None, data_dir=data_dir, flows_dir=flows_dir, max_calls=max_calls)  # type: ignore[call-arg]  # pydantic-settings' own argument
    echo, live, ready = calls or EchoCalls(), LiveCalls(), threading.Event()
    identity = build_identity(settings, Database(settings.database_address))
    lifespan = _lifespan(identity.authenticator.database)
    app = build_app(
        settings,
        echo,
        OneFlow(),
        CallLog(data_dir),
        live,
        identity,
        OneFlow(),
        lifespan=lifespan,
        static_dir=static_dir or data_dir / "static",
    )
    with drain.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        server = drain.DrainingServer(drain.config_of(app), live, 30.0, ready.set)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert ready.wait(10)
            yield RunningServer(port, echo, live, data_dir, server, max_calls + SPARE_PEERS)
        finally:
            server.handle_exit(signal.SIGINT, None)
            server.handle_exit(signal.SIGINT, None)
            thread.join(15)


def main() -> None:
    """Serve echo calls from `argv[1]` as data folder, print the port, drain on signals."""
    data_dir = Path(sys.argv[1])
    settings = Settings(_env_file=None, data_dir=data_dir, flows_dir=data_dir)  # type: ignore[call-arg]  # as above
    live = LiveCalls()
    identity = build_identity(settings, Database(settings.database_address))
    lifespan = _lifespan(identity.authenticator.database)
    app = build_app(settings, EchoCalls(), OneFlow(), CallLog(data_dir), live, identity, OneFlow(), lifespan=lifespan)
    with drain.listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        drain.serve(app, listener, live, settings.drain_timeout_s, lambda: print(port, flush=True))  # noqa: T201  the test reads it


if __name__ == "__main__":
    main()
