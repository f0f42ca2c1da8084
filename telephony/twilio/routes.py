"""Where Twilio's media sockets come in (docs/telephony.md)."""

from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from kit.clock import Clock
from kit.errors import ForbiddenError, InputError
from kit.ids import uuid7
from telephony.connection import Exchange, MediaConnection
from telephony.messages import Start
from telephony.ports import Admission
from telephony.sockets import WebSocketPeer
from telephony.twilio.addresses import PREFIX
from telephony.twilio.codec import TwilioCodec
from telephony.twilio.control import TwilioControl, TwilioHost
from telephony.twilio.signature import Signed, is_from_twilio
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
            return await _deny_draining(websocket)
        try:
            account_id = await door.account_of(websocket)
        except InputError as error:
            return await websocket.send_denial_response(JSONResponse({"error": error.code, "detail": str(error)}, 401))

        async def admit(start: Start) -> CallRequest:
            del start
            return CallRequest(uuid7(), flow, account_id=account_id)

        return await twilio_connection(websocket, exchange).serve(admit)

    return router


def stream_router(calls: CallFactory, host: TwilioHost, live: LiveCalls, clock: Clock) -> APIRouter:
    """Return the route `/telephony/twilio/stream/{token}`, which a ticket and a signature open to the world."""
    router, exchange = APIRouter(), Exchange(calls, live, clock)
    held: dict[str, MediaConnection] = {}

    @router.websocket(f"{PREFIX}/stream/{{token}}")
    async def stream(websocket: WebSocket, token: str) -> None:
        """Carry the sound of a call that Twilio's webhook, or our order, has announced; or go on with one."""
        try:
            admission, control = await _admitted(websocket, token, host)
        except InputError as error:
            return await websocket.send_denial_response(JSONResponse({"error": error.code, "detail": str(error)}, 403))
        call_id = admission.request.call_id
        waiting = held.get(call_id)
        if waiting is not None:
            peer, codec = WebSocketPeer(websocket), TwilioCodec()
            return await waiting.resume(peer, codec, lambda start: _check(start, control.carrier_call))
        if live.draining:
            return await _deny_draining(websocket)
        connection = held[call_id] = twilio_connection(websocket, exchange)
        connection.control = control

        async def admit(start: Start) -> CallRequest:
            _check(start, admission.carrier_call or "")
            control.carrier_call = start.call_id
            return admission.request

        try:
            return await connection.serve(admit)
        finally:
            del held[call_id]

    return router


async def _admitted(websocket: WebSocket, token: str, host: TwilioHost) -> tuple[Admission, TwilioControl]:
    """Spend the ticket of a socket that Twilio opens."""
    admission = await host.tickets.redeem(token)
    line = await host.lines.by_id(admission.line_id) if admission.line_id is not None else None
    signed = Signed(host.addresses.called(websocket), dict(websocket.headers))
    if line is None or not is_from_twilio(signed, line.credentials):
        raise ForbiddenError("The signature is not Twilio's.", code="telephony.invalid_signature")
    return admission, TwilioControl(host, line, admission)


def _check(start: Start, carrier_call: str) -> None:
    if carrier_call and start.call_id != carrier_call:
        raise ForbiddenError("The ticket was made for another call.", code="telephony.other_call")


async def _deny_draining(websocket: WebSocket) -> None:
    body = {"error": "server.draining", "detail": "This server is about to stop; call again."}
    await websocket.send_denial_response(JSONResponse(body, 503, headers={"Retry-After": str(RETRY_AFTER_S)}))
