"""The whole application: control plane, PVP and page, over the calls that `wiring.py` makes."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from control_api.app import ControlPlane, Lifespan, build_control_app
from control_api.dialects.prepatu.sessions import SessionHost
from control_api.errors import declared
from control_api.health.database import DatabaseProbe
from control_api.metrics.routes import metrics_router
from control_api.ports import FlowCatalogue
from control_api.route_table import add_routes
from control_api.sessions.service import SessionPorts
from kit.clock import Clock
from server.access_log import AccessLog
from server.call_desk import CallDesk
from server.call_log import CallLog
from server.call_records import CallRecords
from server.denials import QuietDenials
from server.doorkeeper import AccountDoor
from server.identity import Identity
from server.kupe import build_kupe
from server.metrics import CallMetrics
from server.pages import STATIC_DIR, page_router
from server.rtc import SPARE_PEERS, build_ice, build_peers, turn_provider
from server.session_ports import NamedFlows, SessionCredits, SessionFlows
from server.session_tokens import StoredTokens
from server.settings import Settings
from telephony.connection import Exchange
from telephony.media_routes import direct_router
from transports.companions import Companions
from transports.live import LiveCalls
from transports.ports import CallFactory
from transports.pvp_routes import pvp_router, sessions_of
from transports.webrtc.routes import RtcHost, webrtc_router


class NodeState:
    """`control_api.ports.ServerState` of this process."""

    def __init__(self, settings: Settings, desk: CallDesk, live: LiveCalls) -> None:
        self._settings = settings
        self._desk = desk
        self._live = live

    @property
    def draining(self) -> bool:
        """Whether new calls are refused because the server is about to stop."""
        return self._live.draining

    @property
    def active_calls(self) -> int:
        """How many calls go on now."""
        return self._desk.active

    @property
    def max_calls(self) -> int:
        """How many calls may go on at once."""
        return self._desk.max_calls

    def problem(self) -> str | None:
        """Say what keeps this server from working, if anything does."""
        if not self._settings.flows_dir.is_dir():
            return "The folder of flows cannot be read; set FLOWS_DIR."
        return None

    def capabilities(self) -> Mapping[str, Any]:
        """Return which models and transports calls have, as JSON values."""
        llm = "openai_compatible" if self._settings.llm_base_url is not None else None
        return {
            "stt": {"provider": "embedded"},
            "tts": {"provider": "embedded"},
            "llm": {"provider": llm, "model": self._settings.llm_model},
            "turn": {"provider": turn_provider(self._settings)},  # of relays for WebRTC
            "transport": {"websocket": True, "webrtc": True},
            "recording": self._settings.record,
            "max_calls": self._desk.max_calls,
        }


def build_app(  # noqa: PLR0913  the parts of a server, put together in one place
    settings: Settings,
    calls: CallFactory,
    catalogue: FlowCatalogue,
    call_log: CallLog,
    live: LiveCalls,
    identity: Identity,
    named: NamedFlows,
    *,
    lifespan: Lifespan | None = None,
    static_dir: Path = STATIC_DIR,
) -> FastAPI:
    """Return the application.

    Args:
        settings: What the operator decided.
        calls: Makes the calls; their number is limited, and their reports are filed, here.
        catalogue: The flows that can be called.
        call_log: Where reports go.
        live: Shared with `server.drain.DrainingServer`.
        identity: Who may ask, and how they log in.
        named: The flows that sessions are made for.
        lifespan: Opens what calls need and closes it again.
        static_dir: The talk page.
    """
    clock = Clock()
    metrics = CallMetrics(lambda: desk.active, settings.max_calls)
    database = identity.authenticator.database
    records, probe = CallRecords(database), DatabaseProbe(database, clock)
    desk = CallDesk(calls, call_log, settings.max_calls, metrics.observe, records.add)
    flows = SessionFlows(named, has_model=settings.llm_base_url is not None)
    ports = SessionPorts(flows, SessionCredits())
    plane = ControlPlane(
        catalogue=catalogue,
        archive=call_log,
        state=NodeState(settings, desk, live),
        sessions=SessionHost(ports, call_log, clock, desk.end_session, settings.public_url),
        authenticator=identity.authenticator,
        by_mail=identity.by_mail,
        oauth=identity.oauth,
        frontend_url=settings.frontend_address,
        vault=identity.vault,
        keys=identity.keys,
        database_problem=probe.problem,
        clock=clock,
        version=importlib.metadata.version("antiphon"),
    )
    app = build_control_app(plane, _with_jobs(lifespan, records, probe) if lifespan is not None else None)
    app.state.metrics = metrics
    app.state.desk = desk
    app.state.rbac_union = settings.api_key_scopes_add
    add_routes(app, build_kupe(settings, identity, call_log, plane.state, flows))
    door = AccountDoor(identity.authenticator, open_to_all=settings.open_to_all)
    metrics_token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    add_routes(app, metrics_router(metrics.render, metrics_token))
    tokens, peers = StoredTokens(database, clock), build_peers(settings, clock)
    voices = sessions_of(desk, tokens, live, clock, peers)
    companions = Companions(clock, settings.max_calls + SPARE_PEERS)
    add_routes(app, pvp_router(voices, door, live, companions))
    rtc = RtcHost(voices, tokens, door, companions, live, clock, peers, build_ice(settings, clock))
    app.include_router(webrtc_router(rtc), responses=declared(401, 404))
    if settings.on_loopback:  # for simulated callers, who have no ticket
        add_routes(app, direct_router(door, Exchange(desk, live, clock)))
    add_routes(app, page_router(static_dir))
    app.add_middleware(QuietDenials)
    app.add_middleware(AccessLog, clock=clock, observe=metrics.observe_request)
    return app


def _with_jobs(lifespan: Lifespan, records: CallRecords, probe: DatabaseProbe) -> Lifespan:
    """Return a lifespan with what goes on beside the calls."""

    @asynccontextmanager
    async def with_jobs(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(app), asyncio.TaskGroup() as tasks:
            jobs = [tasks.create_task(job) for job in (records.run(), probe.run())]
            try:
                yield
            finally:
                await records.finish()
                for job in jobs:
                    job.cancel()

    return with_jobs
