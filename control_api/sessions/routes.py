"""`POST /v1/sessions`."""

from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from control_api.ports import FlowCatalogue
from control_api.sessions.schemas import SessionCreated, SessionRequest
from control_api.sessions.service import Tickets


def session_router(tickets: Tickets, catalogue: FlowCatalogue, *, anonymous: bool) -> APIRouter:
    """Return the route that makes sessions; without `anonymous` (a server on loopback) nobody may."""
    router = APIRouter(tags=["sessions"])

    @router.post("/v1/sessions", responses={401: {"description": "Authentication required"}})
    async def create_session(body: SessionRequest, request: Request) -> SessionCreated:
        """Make a single-use ticket for a call."""
        if not anonymous:
            raise HTTPException(401, "Authentication required")
        await run_in_threadpool(catalogue.document, body.flow_id)
        token = tickets.issue(body.flow_id, body.context, body.metadata)
        scheme = "wss" if request.url.scheme == "https" else "ws"
        return SessionCreated(session_token=token, ws_url=f"{scheme}://{request.url.netloc}/v1/ws/{token}")

    return router
