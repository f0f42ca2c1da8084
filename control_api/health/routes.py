"""`GET /health`, `/ready`, `/capabilities`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from fastapi import APIRouter, Response

from control_api.errors import declared
from control_api.health import service
from control_api.health.schemas import Health, Readiness
from control_api.ports import ServerState, UtcClock


def health_router(
    state: ServerState, clock: UtcClock, version: str, database_problem: Callable[[], Awaitable[str | None]]
) -> APIRouter:
    """Return the routes for people, load balancers and clients that ask how the server is."""
    router = APIRouter(tags=["health"], responses=declared())

    @router.get("/health", response_model_exclude_none=True, responses={503: {"model": Health}})
    async def get_health(response: Response, dialect: Literal["prepatu", "kupe", "promptpipe"] = "prepatu") -> Health:
        """Say whether the server works; 503 if not. A `dialect` is said in the words that its clients compare."""
        body = service.health(state, version, clock.utc(), await database_problem(), dialect)
        response.status_code = 200 if body.ok else 503
        return body

    @router.get("/ready", response_model_exclude_none=True, responses={503: {"model": Readiness}})
    async def get_ready(response: Response) -> Readiness:
        """Say whether the server takes new calls; 503 if not, as while it drains."""
        body = service.readiness(state, await database_problem())
        response.status_code = 200 if body.ready else 503
        return body

    @router.get("/capabilities")
    def get_capabilities() -> Mapping[str, Any]:
        """Say which models and transports calls have."""
        return state.capabilities()

    return router
