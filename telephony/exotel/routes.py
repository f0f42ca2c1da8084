"""What Exotel asks and tells: where a call's stream goes, whether and where it is passed on, how it is."""

import hmac
import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from kit.clock import Clock
from kit.errors import ForbiddenError
from kit.phone_calls import CarrierCall, LineAccess
from telephony.addresses import Base, media_url
from telephony.exotel import wording
from telephony.handover import HandoverControl, Handovers
from telephony.ports import Admission, CallEvents, IncomingCall, LineDirectory, MediaTickets
from telephony.proof import basic_password
from telephony.transfers import RING_S

_MAX_BODY_BYTES = 64 * 1024
_PREFIX = "/telephony/exotel"
KUPE_ANSWER = "/api/call/exotel-incoming_call"  # where applets point that another server of this API has answered
_BRANCH_A, _BRANCH_B = 200, 302
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


@dataclass(frozen=True, slots=True)
class ExotelHost:
    """What answering Exotel needs.

    Attributes:
        networks: From where Exotel calls; empty: from anywhere, with a line's password.
        rate_hz: At which streams shall come.
    """

    lines: LineDirectory
    tickets: MediaTickets
    events: CallEvents
    base: Base
    handovers: Handovers
    clock: Clock
    networks: Networks = ()
    rate_hz: int = 16_000


class ExotelAttendant:
    """`telephony.media_routes.Attendant` of Exotel: the ticket in the address is the proof, and where it comes from."""

    def __init__(self, host: ExotelHost) -> None:
        self._host = host

    async def control(self, websocket: WebSocket, admission: Admission) -> HandoverControl:
        """See the port."""
        _check_origin(websocket, self._host.networks)
        return HandoverControl(websocket, admission, self._host.handovers, self._host.clock)


def exotel_router(host: ExotelHost) -> APIRouter:
    """Return the routes; each takes a line's password as Basic authorisation or at the end of its path."""
    router = APIRouter(prefix=_PREFIX, include_in_schema=False)
    whole = APIRouter(include_in_schema=False)

    @whole.get(f"{_PREFIX}/answer")
    @whole.get(f"{_PREFIX}/answer/{{secret}}")
    @whole.post(KUPE_ANSWER)
    async def answer(request: Request, secret: str = "") -> Response:
        """Say where the stream of a call goes (the dynamic address of a Voicebot applet)."""
        told = wording.asked(await _fields(request))
        line = await _line(request, host, (told.called, told.caller), secret)
        handover = host.handovers.of(told.call, line)
        if handover is not None:  # nobody answered there: the caller is back
            handover.reason = "no_answer"
            admission: Admission | None = replace(handover.admission, carrier_call=told.call)
        else:
            admission = await host.lines.admit(line, IncomingCall(told.call, told.caller, told.called))
        if admission is None:
            return JSONResponse({"error": "telephony.unmapped"}, 404)
        token = await host.tickets.mint(admission)
        return JSONResponse({"url": f"{media_url(host.base(), 'exotel', token)}?sample-rate={host.rate_hz}"})

    @router.api_route("/passthru", methods=["GET", "POST"])
    @router.api_route("/passthru/{secret}", methods=["GET", "POST"])
    async def passthru(request: Request, secret: str = "") -> Response:
        """Say which way a flow goes on after a stream: 200 to the Connect applet, 302 past it."""
        fields = await _fields(request)
        told = wording.asked(fields)
        line = await _line(request, host, (told.called, told.caller), secret)
        return Response(status_code=_BRANCH_B if host.handovers.of(told.call, line) is None else _BRANCH_A)

    @router.get("/connect")
    @router.get("/connect/{secret}")
    async def connect(request: Request, secret: str = "") -> Response:
        """Say whom a Connect applet calls."""
        told = wording.asked(request.query_params)
        line = await _line(request, host, (told.called, told.caller), secret)
        handover = host.handovers.of(told.call, line)
        if handover is None:
            return JSONResponse({"error": "telephony.no_transfer"}, 404)
        handover.asked.set()
        return JSONResponse(wording.destination(handover.target, line.number, RING_S))

    @router.post("/status/{line_id}")
    async def status(request: Request, line_id: str) -> Response:
        """Take how a call is; whoever knows a line's id and a call's can say no more than that it is over."""
        _check_origin(request, host.networks)
        fields = await _fields(request)
        line, told, call = await host.lines.by_id(line_id), wording.progress(fields), wording.asked(fields).call
        if line is not None and line.provider == "exotel" and told is not None and call:
            intent_id = str(fields.get("CustomField", "")) or None
            await host.events.progressed(CarrierCall("exotel", call, line.id), told, intent_id)
        return Response(status_code=200)

    whole.include_router(router)
    return whole


async def _line(request: Request, host: ExotelHost, numbers: tuple[str, ...], secret: str) -> LineAccess:
    """Return the line with one of these numbers whose password was given.

    Raises:
        ForbiddenError: There is none.
    """
    _check_origin(request, host.networks)
    given = secret or basic_password(request)
    for number in numbers:
        for line in await host.lines.by_number(number, "exotel"):
            known = line.credentials.get("socket_password", "")
            if known and hmac.compare_digest(known.encode(), given.encode(errors="replace")):
                return line
            if not known and host.networks:
                return line
    raise ForbiddenError("No line has this number and password.", code="telephony.not_the_carrier")


def _check_origin(connection: HTTPConnection, networks: Networks) -> None:
    if not networks:
        return
    host = connection.client.host if connection.client is not None else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ForbiddenError("From nowhere.", code="telephony.not_the_carrier") from error
    if not any(address in network for network in networks):
        raise ForbiddenError("Not an address of the carrier.", code="telephony.not_the_carrier")


async def _fields(request: Request) -> Mapping[str, Any]:
    """Return what was told, in the query, as a form or as JSON."""
    fields: dict[str, Any] = dict(request.query_params)
    if request.method == "GET":
        return fields
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY_BYTES:
            return fields
    return fields | _parsed(body, request.headers.get("content-type", ""))


def _parsed(body: bytes, content_type: str) -> dict[str, Any]:
    text = body.decode(errors="replace")
    if content_type.split(";")[0].strip() == "application/json":
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}
    return dict(parse_qsl(text, max_num_fields=200)) if text.count("&") < 200 else {}
