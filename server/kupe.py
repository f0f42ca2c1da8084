"""Puts the Kupe Voice Agent API together."""

from fastapi import APIRouter

from control_api.agents.checking import Checks
from control_api.call_history.links import RecordingLinks
from control_api.catalogue.rows import catalogue
from control_api.dialects.kupe.routes import KupeHost, kupe_router
from control_api.lines.service import LineHost
from control_api.ports import CallArchive, ServerState
from kit.clock import Clock
from server.account_choice import AccountChoices
from server.agent_reach import AccountReach
from server.identity import Identity
from server.noise_folder import NoiseFolder
from server.provider_settings import local_llm_path, server_choice
from server.secret_files import secret
from server.session_ports import SessionFlows
from server.settings import Settings


def agent_checks(settings: Settings) -> Checks:
    """Return what agents are checked against."""
    return Checks(catalogue(), NoiseFolder(settings.data_dir / "noise"), settings.agent_update_guard)


def build_kupe(
    settings: Settings,
    identity: Identity,
    archive: CallArchive,
    state: ServerState,
    flows: SessionFlows,
) -> APIRouter:
    """Return its routes."""
    assert identity.authenticator.web_tokens is not None, "made with the identity"
    choices = AccountChoices(identity.authenticator.database, identity.vault, server_choice(settings))
    host = KupeHost(
        agent_checks(settings),
        AccountReach(choices, has_local_model=local_llm_path(settings) is not None),
        Clock(),
        archive,
        RecordingLinks(secret(None, settings.data_dir / "links.secret"), settings.public_url),
        state,
        identity.authenticator.web_tokens,
        LineHost(flows, identity.vault),
        identity.by_mail.require_proof,
        identity.authenticator.database,
        identity.by_mail.send,
        frozenset(each.strip().rstrip("/") for each in settings.call_origins.split(",") if each.strip()),
    )
    return kupe_router(host)
