"""What Asterisk's dialplan asks, and where its media sockets come in."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket

from kit.errors import ForbiddenError
from kit.phone_calls import LineAccess
from telephony.audiosocket.waiting import ExpectedCalls
from telephony.ports import IncomingCall, LineDirectory, MediaTickets
from telephony.proof import basic

ServeTicket = Callable[[WebSocket, str, str], Awaitable[None]]
"""Carry the call that a ticket was made for, over a carrier's socket."""


@dataclass(frozen=True, slots=True)
class AsteriskHost:
    """What answering Asterisk needs.

    Attributes:
        expected: Calls that will come by AudioSocket.
    """

    lines: LineDirectory
    tickets: MediaTickets
    expected: ExpectedCalls


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
    user, password = basic(request)
    for line in await lines.by_number(number, "asterisk"):
        known = f"{line.credentials['ari_user']}:{line.credentials['ari_password']}"
        if hmac.compare_digest(known.encode(), f"{user}:{password}".encode(errors="replace")):
            return line
    raise ForbiddenError("No line has this number and these credentials.", code="telephony.not_the_carrier")
