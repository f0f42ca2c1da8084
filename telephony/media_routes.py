"""Where carriers' media sockets come in (docs/telephony.md)."""

from collections.abc import Mapping
from typing import Protocol

from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from kit.errors import ForbiddenError, InputError, NotFoundError, UnauthenticatedError
from kit.ids import uuid7
from telephony.asterisk.stream import ASTERISK
from telephony.connection import Admit, Exchange, MediaConnection
from telephony.exotel.stream import EXOTEL
from telephony.messages import Start
from telephony.plivo.stream import PLIVO
from telephony.ports import Admission, MediaTickets, StreamControl
from telephony.sockets import WebSocketPeer
from telephony.twilio.stream import TWILIO
from telephony.wire import Carrier
from transports.ports import CallRequest, Doorkeeper

RETRY_AFTER_S = 5
CARRIERS: Mapping[str, Carrier] = {each.traits.carrier: each for each in (TWILIO, PLIVO, EXOTEL, ASTERISK)}
_STATUS: Mapping[type[InputError], int] = {NotFoundError: 404, UnauthenticatedError: 401}


class Attendant(Protocol):
    """Steers the calls of a carrier beside their sockets."""

    async def control(self, websocket: WebSocket, admission: Admission) -> StreamControl:
        """Return the control of the call whose socket was let in.

        Raises:
            ForbiddenError: The socket is not the carrier's after all.
        """


class TicketDesk:
    """Lets sockets with tickets in; a call that was sent away, and waits here for its next stream, goes on with it."""

    def __init__(self, tickets: MediaTickets, exchange: Exchange, attendants: Mapping[str, Attendant]) -> None:
        self._tickets, self._exchange, self._attendants = tickets, exchange, attendants
        self._held: dict[str, MediaConnection] = {}

    async def serve(self, websocket: WebSocket, carrier: str, token: str) -> None:
        """Carry the call that the ticket was made for."""
        held, live = self._held, self._exchange.live
        try:
            of = _carrier(carrier)
            if live.draining and not held:
                return await _come_back_later(websocket)
            admission = await self._tickets.redeem(token)
            steers = self._attendants.get(carrier)
            control = await steers.control(websocket, admission) if steers is not None else None
        except InputError as error:
            return await _refuse(websocket, error)
        call_id, admit = admission.request.call_id, of_ticket(admission)
        if call_id in held:
            return await held[call_id].resume(WebSocketPeer(websocket, of.subprotocol), of.new_codec(), admit, control)
        if live.draining:
            return await _come_back_later(websocket)
        connection = held[call_id] = _connection(websocket, of, self._exchange)
        connection.control = control
        try:
            return await connection.serve(admit)
        finally:
            del held[call_id]


def media_router(desk: TicketDesk) -> APIRouter:
    """Return `/telephony/{carrier}/media/{token}`: a ticket lets one socket in."""
    router = APIRouter()

    @router.websocket("/telephony/{carrier}/media/{token}")
    async def media(websocket: WebSocket, carrier: str, token: str) -> None:
        """Carry the call that the ticket was made for."""
        await desk.serve(websocket, carrier, token)

    return router


def direct_router(door: Doorkeeper, exchange: Exchange) -> APIRouter:
    """Return `/telephony/{carrier}/flow/{flow}`, without tickets; whoever mounts it decides who may reach it."""
    router = APIRouter()

    @router.websocket("/telephony/{carrier}/flow/{flow}")
    async def media(websocket: WebSocket, carrier: str, flow: str) -> None:
        """Talk to a flow of this server over a carrier's stream."""
        try:
            of = _carrier(carrier)
            if exchange.live.draining:
                return await _come_back_later(websocket)
            account_id = await door.account_of(websocket)
        except InputError as error:
            return await _refuse(websocket, error)

        async def admit(start: Start) -> CallRequest:
            del start
            return CallRequest(uuid7(), flow, account_id=account_id)

        return await _connection(websocket, of, exchange).serve(admit)

    return router


def of_ticket(admission: Admission) -> Admit:
    """Let in the one stream whose call a ticket was made for."""

    async def admit(start: Start) -> CallRequest:
        if admission.carrier_call not in (None, start.call_id):
            raise ForbiddenError("The ticket is another call's.", code="telephony.invalid_ticket")
        return admission.request

    return admit


def _carrier(name: str) -> Carrier:
    if name not in CARRIERS:
        raise NotFoundError("No such carrier.", code="telephony.no_carrier")
    return CARRIERS[name]


def _connection(websocket: WebSocket, carrier: Carrier, exchange: Exchange) -> MediaConnection:
    return MediaConnection(WebSocketPeer(websocket, carrier.subprotocol), carrier, exchange)


async def _come_back_later(websocket: WebSocket) -> None:
    body = {"error": "server.draining", "detail": "This server is about to stop; call again."}
    await websocket.send_denial_response(JSONResponse(body, 503, headers={"Retry-After": str(RETRY_AFTER_S)}))


async def _refuse(websocket: WebSocket, error: InputError) -> None:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 403)
    body = {"error": error.code, "detail": str(error)}
    await websocket.send_denial_response(JSONResponse(body, status))
