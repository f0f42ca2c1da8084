"""`POST /v1/sessions`."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from control_api.ports import FlowCatalogue
from control_api.sessions.schemas import SessionCreated, SessionRequest
from control_api.sessions.service import Tickets

_RESPONSES: dict[int | str, dict[str, Any]] = {401: {"description": "Authentication required"}}


def session_router(tickets: Tickets, catalogue: FlowCatalogue, *, anonymous: bool) -> APIRouter:
    """Return the route that makes sessions; without `anonymous` (a server on loopback) nobody may."""
    router = APIRouter(tags=["sessions"])

    @router.post("/v1/sessions", response_model=SessionCreated, responses=_RESPONSES)
    async def create_session(body: SessionRequest, request: Request) -> SessionCreated | Response:
        """Make a single-use ticket for a call."""
        if not anonymous:
            return JSONResponse({"error": "auth.required", "detail": "Authentication required"}, 401)
        await run_in_threadpool(catalogue.document, body.flow_id)
        token = tickets.issue(body.flow_id, body.context, body.metadata)
        scheme = "wss" if request.url.scheme == "https" else "ws"
        return SessionCreated(session_token=token, ws_url=f"{scheme}://{request.url.netloc}/v1/ws/{token}")

    return router
