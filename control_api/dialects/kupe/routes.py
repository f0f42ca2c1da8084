"""All routes of the Kupe Voice Agent API."""

from dataclasses import dataclass

from fastapi import APIRouter

from control_api.agents.checking import Checks
from control_api.call_history.links import RecordingLinks
from control_api.catalogue.reach import Reach
from control_api.dialects.kupe.agents import AgentHost, agent_router
from control_api.dialects.kupe.calling import CallingHost, calling_router
from control_api.dialects.kupe.calls import CallHost, call_analytics_router, recording_router
from control_api.dialects.kupe.catalogue import catalogue_router
from control_api.dialects.kupe.create_call import create_call_router
from control_api.dialects.kupe.exports import ExportHost, Send, export_router
from control_api.dialects.kupe.gone import gone_router
from control_api.dialects.kupe.hooks import HookHost, agent_hook_router
from control_api.dialects.kupe.identity import identity_router
from control_api.dialects.kupe.keys import Proof, key_router
from control_api.dialects.kupe.phone import PhoneHost, phone_router
from control_api.dialects.kupe.spending import spending_router
from control_api.lines.service import LineHost
from control_api.ports import CallArchive, ServerState, UtcClock
from control_api.route_table import add_routes
from control_api.web_tokens import WebTokens
from storage.engine import Database


@dataclass(frozen=True, slots=True)
class KupeHost:
    """What the routes work with."""

    checks: Checks
    reach: Reach
    clock: UtcClock
    archive: CallArchive
    links: RecordingLinks
    state: ServerState
    tokens: WebTokens
    lines: LineHost
    proof: Proof
    database: Database
    send: Send
    origins: frozenset[str] = frozenset()


def kupe_router(host: KupeHost) -> APIRouter:
    """Return them."""
    calls = CallHost(host.archive, host.links, host.state, host.database, host.clock)
    router = APIRouter()
    add_routes(
        router,
        agent_router(AgentHost(host.checks, host.clock)),
        catalogue_router(host.checks, host.reach, host.clock),
        identity_router(),
        key_router(host.clock, host.proof),
        export_router(ExportHost(calls, host.send)),
        call_analytics_router(calls),
        recording_router(calls),
        calling_router(CallingHost(host.checks, host.reach, host.tokens, host.state, host.clock)),
        spending_router(calls),
        phone_router(PhoneHost(host.lines, host.clock)),
        agent_hook_router(HookHost(host.lines.vault, host.clock)),
        create_call_router(host.origins),
        gone_router(),
    )
    return router
