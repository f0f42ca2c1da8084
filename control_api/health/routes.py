"""`GET /health`, `/ready`, `/capabilities`."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from control_api.health import service
from control_api.health.schemas import Health, Readiness
from control_api.ports import ServerState, UtcClock


def health_router(state: ServerState, clock: UtcClock, version: str) -> APIRouter:
    """Return the routes for people, load balancers and clients that ask how the server is."""
    router = APIRouter(tags=["health"])

    @router.get("/health", response_model_exclude_none=True, responses={503: {"model": Health}})
    def get_health(response: Response) -> Health:
        """Say whether the server works; 503 if not."""
        body = service.health(state, version, clock.utc())
        response.status_code = 200 if body.ok else 503
        return body

    @router.get("/ready", response_model_exclude_none=True, responses={503: {"model": Readiness}})
    def get_ready(response: Response) -> Readiness:
        """Say whether the server takes new calls; 503 if not, as while it drains."""
        body = service.readiness(state)
        response.status_code = 200 if body.ready else 503
        return body

    @router.get("/capabilities")
    def get_capabilities() -> Mapping[str, Any]:
        """Say which models and transports calls have."""
        return state.capabilities()

    return router
