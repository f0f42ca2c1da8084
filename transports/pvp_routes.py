"""The addresses of PVP over WebSocket (docs/pvp.md §1)."""

import asyncio

from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from kit.clock import Clock
from kit.errors import CapacityError, InputError
from kit.ids import uuid7
from transports.live import LiveCalls
from transports.ports import CallFactory, Doorkeeper, SessionTokens
from transports.pvp.address import request_of
from transports.websocket import PvpConnection

RETRY_AFTER_S = 5
RESUME_S = 30.0  # how long a session's call outlives its socket


def pvp_router(calls: CallFactory, tokens: SessionTokens, door: Doorkeeper, live: LiveCalls, clock: Clock) -> APIRouter:
    """Return the routes `/ws`, `/` and `/v1/ws/{token}`."""
    router = APIRouter()
    held: dict[str, PvpConnection] = {}  # sessions whose call is in this process
    spent: dict[str, asyncio.Event] = {}  # tokens of calls that are over, until that is known everywhere

    @router.websocket("/ws")
    @router.websocket("/api/call/web-media-stream")
    @router.websocket("/")
    async def by_flow(websocket: WebSocket) -> None:
        """Talk to a flow of this server."""
        if live.draining:
            return await _deny(websocket)
        connection = PvpConnection(websocket, calls, live, clock)
        call_id = uuid7()
        try:
            account_id = await door.account_of(websocket)
            request = request_of(websocket.query_params.multi_items(), call_id, account_id)
        except (InputError, CapacityError) as error:
            return await connection.refuse(call_id, error)
        return await connection.serve(request)

    @router.websocket("/v1/ws/{token}")
    async def by_token(websocket: WebSocket, token: str) -> None:
        """Talk in a session made by `POST /v1/sessions`, or go on after the socket broke."""
        if live.draining and token not in held:
            return await _deny(websocket)
        waiting = held.get(token)
        if waiting is not None and waiting.is_away and await waiting.resume(websocket):
            return None
        connection = PvpConnection(websocket, calls, live, clock, resume_s=RESUME_S)
        if token in spent:
            await spent[token].wait()
        try:
            request = await tokens.redeem(token)
        except (InputError, CapacityError) as error:
            return await connection.refuse(uuid7(), error)
        held[token] = connection
        try:
            return await connection.serve(request)
        finally:
            del held[token]
            known = spent[token] = asyncio.Event()
            try:
                await tokens.release(token)
            finally:
                del spent[token]
                known.set()

    return router


async def _deny(websocket: WebSocket) -> None:
    body = {"error": "server.draining", "detail": "This server is about to stop; connect again."}
    await websocket.send_denial_response(JSONResponse(body, 503, headers={"Retry-After": str(RETRY_AFTER_S)}))
