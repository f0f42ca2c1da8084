"""The addresses of PVP over WebSocket (docs/pvp.md §1)."""

from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from kit.clock import Clock
from kit.errors import CapacityError, InputError
from kit.ids import uuid7
from transports.carrier import Peers
from transports.companions import Companions, key_of
from transports.live import LiveCalls
from transports.ports import CallFactory, Doorkeeper, SessionTokens
from transports.pvp.address import request_of
from transports.pvp_connection import PvpConnection
from transports.sessions import Sessions, last_seq_of
from transports.websocket import WebSocketCarrier

RETRY_AFTER_S = 5


def sessions_of(
    calls: CallFactory, tokens: SessionTokens, live: LiveCalls, clock: Clock, peers: Peers | None = None
) -> Sessions:
    """Return the sessions of this process, for all routes that lead to them."""
    return Sessions(
        tokens,
        lambda carrier, resume_s: PvpConnection(carrier, calls, live, clock, resume_s=resume_s, peers=peers),
    )


def pvp_router(sessions: Sessions, door: Doorkeeper, live: LiveCalls, companions: Companions) -> APIRouter:
    """Return the routes `/ws`, `/` and `/v1/ws/{token}`."""
    router = APIRouter()

    @router.websocket("/ws")
    @router.websocket("/api/call/web-media-stream")
    @router.websocket("/")
    async def by_flow(websocket: WebSocket) -> None:
        """Talk to a flow of this server."""
        if live.draining:
            return await _deny(websocket)
        carrier, query = WebSocketCarrier(websocket), websocket.query_params
        with sessions.hosted(carrier, resumable=query.get("resume") == "true") as (connection, own_token):
            call_id = uuid7()
            try:
                account_id = await door.account_of(websocket)
                key = key_of(account_id, query.get("session_id"))
                if query.get("mode") == "control":
                    return await companions.control(key, carrier)
                request = request_of(query.multi_items(), call_id, account_id)
            except (InputError, CapacityError) as error:
                return await connection.refuse(call_id, error)
            with companions.paired(key, connection):
                return await connection.serve(request, own_token)

    @router.websocket("/v1/ws/{token}")
    async def by_token(websocket: WebSocket, token: str) -> None:
        """Talk in a session made by `POST /v1/sessions`, or go on after the socket broke."""
        if live.draining and sessions.find(token) is None:
            return await _deny(websocket)
        last_seq = last_seq_of(websocket.query_params.get("last_seq"))
        return await sessions.serve(token, WebSocketCarrier(websocket), last_seq)

    return router


async def _deny(websocket: WebSocket) -> None:
    body = {"error": "server.draining", "detail": "This server is about to stop; connect again."}
    await websocket.send_denial_response(JSONResponse(body, 503, headers={"Retry-After": str(RETRY_AFTER_S)}))
