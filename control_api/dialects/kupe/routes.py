"""All routes of the Kupe Voice Agent API."""

from dataclasses import dataclass

from fastapi import APIRouter

from control_api.agents.checking import Checks
from control_api.dialects.kupe.agents import AgentHost, agent_router
from control_api.dialects.kupe.catalogue import catalogue_router
from control_api.dialects.kupe.identity import identity_router
from control_api.dialects.kupe.keys import key_router
from control_api.ports import UtcClock


@dataclass(frozen=True, slots=True)
class KupeHost:
    """What the routes work with."""

    checks: Checks
    clock: UtcClock


def kupe_router(host: KupeHost) -> APIRouter:
    """Return them."""
    router = APIRouter()
    router.include_router(agent_router(AgentHost(host.checks, host.clock)))
    router.include_router(catalogue_router(host.checks))
    router.include_router(identity_router())
    router.include_router(key_router(host.clock))
    return router
