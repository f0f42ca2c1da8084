"""What Asterisk's dialplan asks: where a call's sound goes, and what comes after it; and its media sockets."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket

from kit.clock import Clock
from kit.errors import ForbiddenError
from kit.phone_calls import LineAccess
from telephony.asterisk.ari import endpoint_of
from telephony.audiosocket.waiting import ExpectedCalls
from telephony.handover import Handover, HandoverControl, Handovers
from telephony.ports import Admission, IncomingCall, LineDirectory, MediaTickets
from telephony.proof import basic

_REASONS = {"BUSY": "busy", "NOANSWER": "no_answer", "CANCEL": "no_answer"}
ServeTicket = Callable[[WebSocket, str, str], Awaitable[None]]
"""Carry the call that a ticket was made for, over a carrier's socket."""


@dataclass(frozen=True, slots=True)
class AsteriskHost:
    """What answering Asterisk needs.

    Attributes:
        expected: Calls that will come by AudioSocket.
        handovers: Calls that are being passed on, by the tickets of their sockets.
    """

    lines: LineDirectory
    tickets: MediaTickets
    expected: ExpectedCalls
    handovers: Handovers
    clock: Clock


class AsteriskAttendant:
    """`telephony.media_routes.Attendant` of Asterisk: its dialplan goes on after the stream, and asks by its ticket."""

    def __init__(self, host: AsteriskHost) -> None:
        self._host = host

    async def control(self, websocket: WebSocket, admission: Admission) -> HandoverControl:
        """See the port."""
        told = websocket.query_params
        asks, ticket = "next" in told, told.get("token", "")  # a dialplan of before the transfers would hang up instead
        return HandoverControl(websocket, admission, self._host.handovers, self._host.clock, ticket, asks=asks)


def asterisk_router(host: AsteriskHost, serve: ServeTicket) -> APIRouter:
    """Return the routes; the dialplan proves itself with the ARI user of the line it asks for."""
    router = APIRouter(prefix="/telephony/asterisk", include_in_schema=False)

    @router.get("/answer")
    async def answer(request: Request, called: str = "", caller: str = "", call: str = "", media: str = "") -> Response:
        """Return the ticket of a call that rings, or the UUID for an AudioSocket; empty if the number leads nowhere."""
        line = await _line(request, host.lines, called)
        admission = await host.lines.admit(line, IncomingCall(call, caller, called))
        if admission is None:
            return PlainTextResponse("", 404)
        # The media channel has an id of its own, which nobody knows beforehand.
        admission = replace(admission, carrier_call=None)
        if media == "audiosocket":
            return PlainTextResponse(host.expected.expect(admission))
        return PlainTextResponse(await host.tickets.mint(admission))

    @router.get("/next")
    async def following(request: Request, ticket: str = "") -> Response:
        """Return whom the dialplan calls now that the stream with this ticket has ended; empty: nobody."""
        found = await _handover(request, host, ticket)
        if found is None:
            return PlainTextResponse("", 404)
        handover, line = found
        handover.asked.set()
        return PlainTextResponse(endpoint_of(line, handover.target))

    @router.get("/back")
    async def back(request: Request, ticket: str = "", status: str = "") -> Response:
        """Return the ticket of the stream that a caller goes on with whom nobody answered, by its `DIALSTATUS`."""
        found = await _handover(request, host, ticket)
        if found is None:
            return PlainTextResponse("", 404)
        handover, _ = found
        handover.reason = _REASONS.get(status, "failed")
        return PlainTextResponse(await host.tickets.mint(handover.admission))

    @router.websocket("/media")
    async def media(websocket: WebSocket, token: str = "") -> None:
        """Carry a call; Asterisk's addresses are fixed, so the ticket comes in the query."""
        await serve(websocket, "asterisk", token)

    return router


async def _line(request: Request, lines: LineDirectory, number: str) -> LineAccess:
    """Return the line with a number whose ARI user asks.

    Raises:
        ForbiddenError: There is none.
    """
    for line in await lines.by_number(number, "asterisk"):
        if _is_proven(request, line):
            return line
    raise ForbiddenError("No line has this number and these credentials.", code="telephony.not_the_carrier")


async def _handover(request: Request, host: AsteriskHost, ticket: str) -> tuple[Handover, LineAccess] | None:
    """Return the call that is being passed on, and its line; None if there is none, or it is not the asker's."""
    line_id = host.handovers.line_of(ticket)
    line = await host.lines.by_id(line_id) if line_id is not None else None
    if line is None or line.provider != "asterisk" or not _is_proven(request, line):
        return None
    handover = host.handovers.of(ticket, line)
    return None if handover is None else (handover, line)


def _is_proven(request: Request, line: LineAccess) -> bool:
    user, password = basic(request)
    known = f"{line.credentials['ari_user']}:{line.credentials['ari_password']}"
    return hmac.compare_digest(known.encode(), f"{user}:{password}".encode(errors="replace"))
