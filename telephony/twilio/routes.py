"""Where Twilio's media socket comes in (docs/telephony.md)."""

from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from kit.clock import Clock
from kit.errors import InputError
from kit.ids import uuid7
from telephony.connection import Exchange
from telephony.messages import Start
from telephony.twilio.stream import twilio_connection
from transports.live import LiveCalls
from transports.ports import CallFactory, CallRequest, Doorkeeper

RETRY_AFTER_S = 5


def twilio_router(calls: CallFactory, door: Doorkeeper, live: LiveCalls, clock: Clock) -> APIRouter:
    """Return the route `/telephony/twilio/media/{flow}`; whoever mounts it decides who may reach it."""
    router, exchange = APIRouter(), Exchange(calls, live, clock)

    @router.websocket("/telephony/twilio/media/{flow}")
    async def media(websocket: WebSocket, flow: str) -> None:
        """Talk to a flow of this server over a media stream."""
        if live.draining:
            body = {"error": "server.draining", "detail": "This server is about to stop; call again."}
            response = JSONResponse(body, 503, headers={"Retry-After": str(RETRY_AFTER_S)})
            return await websocket.send_denial_response(response)
        try:
            account_id = await door.account_of(websocket)
        except InputError as error:
            return await websocket.send_denial_response(JSONResponse({"error": error.code, "detail": str(error)}, 401))

        async def admit(start: Start) -> CallRequest:
            del start
            return CallRequest(uuid7(), flow, account_id=account_id)

        return await twilio_connection(websocket, exchange).serve(admit)

    return router
