"""Puts the Kupe Voice Agent API together."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from control_api.agents.checking import Checks
from control_api.call_history.links import RecordingLinks
from control_api.call_history.live import LiveCall
from control_api.catalogue.rows import catalogue
from control_api.dialects.kupe.routes import KupeHost, kupe_router
from control_api.ports import ServerState
from kit.clock import Clock
from server.call_desk import CallDesk
from server.call_log import CallLog
from server.identity import Identity
from server.noise_folder import NoiseFolder
from server.secret_files import secret
from server.settings import Settings
from transports.live import LiveCalls


@dataclass(frozen=True, slots=True)
class LiveView:
    """`control_api.call_history.live.LiveList` of this process."""

    desk: CallDesk
    live: LiveCalls

    def live_calls(self, account_id: str) -> Sequence[LiveCall]:
        """See the port."""
        return self.desk.live_calls(account_id)

    @property
    def draining(self) -> bool:
        """See the port."""
        return self.live.draining


def agent_checks(settings: Settings) -> Checks:
    """Return what agents are checked against."""
    return Checks(catalogue(), NoiseFolder(settings.data_dir / "noise"), settings.agent_update_guard)


def build_kupe(
    settings: Settings, identity: Identity, call_log: CallLog, desk: LiveView, state: ServerState
) -> APIRouter:
    """Return its routes."""
    assert identity.authenticator.web_tokens is not None, "made with the identity"
    host = KupeHost(
        agent_checks(settings),
        Clock(),
        call_log,
        RecordingLinks(secret(None, settings.data_dir / "links.secret"), settings.public_url),
        desk,
        state,
        identity.authenticator.web_tokens,
    )
    return kupe_router(host)
