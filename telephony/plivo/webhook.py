"""What Plivo asks and tells by HTTP: a call rings or was answered, goes on or is over, a transfer ended."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kit.errors import InputError
from kit.phone_calls import AnsweredBy, CallStatus, LineAccess, Progress
from telephony.forms import Fields, Told, read_form, told_in
from telephony.plivo import xml
from telephony.plivo.control import PlivoHost
from telephony.plivo.rest import status_of
from telephony.plivo.signature import is_from_plivo
from telephony.ports import CallEvents, IncomingCall
from telephony.transfers import PUT_THROUGH
from transports.live import LiveCalls

UNMAPPED = "Sorry, nobody can take your call at this number. Good-bye."
PREFIX = "/telephony/plivo"
KUPE_ANSWER = "/api/call/plivo-incoming_call"  # where numbers point that another server of this API has answered
KUPE_HANGUP = "/api/call/plivo-hangup"
_NAMES = ("CallUUID", "RequestUUID")  # the second is what we were given when we ordered a call
_SUMMED_UP, _ANSWERED = ("connected",), ("answer", "connected")
_VERDICTS = {"true": AnsweredBy.MACHINE_START, "false": AnsweredBy.HUMAN}

_Answer = Callable[[Told, Request], Awaitable[str | None]]


class PlivoWebhooks:
    """Checks who asks, then answers with a document or nothing."""

    def __init__(self, host: PlivoHost, events: CallEvents, live: LiveCalls) -> None:
        self._host, self._events, self._live = host, events, live

    async def ring(self, request: Request) -> Response:
        """Say what becomes of a call that rings; a server that stops leaves it to the number's fallback."""
        return PlainTextResponse("", 503) if self._live.draining else await self.of_number(request, self.answer)

    async def of_number(self, request: Request, answer: _Answer) -> Response:
        """Answer what is told about a call to, or from, a number of ours."""
        form, told = await _read(request)
        for name in ("To", "From"):
            for line in await self._host.lines.by_number(str(told.get(name, "")), "plivo"):
                if self._is_signed(request, form, line):
                    return _response(await answer(Told(line, told), request))
        return _refuse()

    async def of_line(
        self, request: Request, line_id: str, answer: _Answer, afterwards: _Answer | None = None
    ) -> Response:
        """Answer what is told about a line's calls; `afterwards` nobody waits for."""
        form, told = await _read(request)
        line = await self._host.lines.by_id(line_id)
        if line is None or line.provider != "plivo" or not self._is_signed(request, form, line):
            return _refuse()
        heard = Told(line, told)
        response = _response(await answer(heard, request))
        if afterwards is not None:
            response.background = BackgroundTask(afterwards, heard, request)
        return response

    def _is_signed(self, request: Request, form: Fields, line: LineAccess) -> bool:
        url = self._host.addresses.called(request)
        return is_from_plivo(request.method, url, dict(request.headers), form, line.credentials)

    async def answer(self, told: Told, request: Request) -> str:
        """Say what becomes of a call that rings."""
        host = self._host
        call = IncomingCall(told.text("CallUUID"), told.text("From"), told.text("To"))
        admission = await host.lines.admit(told.line, call)
        if admission is None:
            return xml.document(xml.speak(UNMAPPED), xml.hang_up())
        return self._stream(await host.tickets.mint(admission))

    async def answered(self, told: Told, request: Request) -> str:
        """Say where the stream of a call that we made goes, now that somebody has answered."""
        return self._stream(request.path_params["token"])

    async def goes_on(self, told: Told, request: Request) -> None:
        """Take that somebody has answered."""
        await self._progressed(told, request, Progress(CallStatus.IN_PROGRESS))

    async def status(self, told: Told, request: Request) -> None:
        """Take where a call is."""
        status = status_of(told.text("CallStatus"))
        if status is not None:
            await self._progressed(told, request, Progress(status, duration_s=told.number("Duration")))

    async def machine(self, told: Told, request: Request) -> None:
        """Take who answered; it comes while the call goes on."""
        by = _VERDICTS.get(told.text("Machine").lower())
        if by is not None:
            await self._events.answered(told.call(*_NAMES), by)

    async def joined(self, told: Told, request: Request) -> None:
        """Take that somebody answered a transfer, and has heard what there was to say before."""
        if told.text("DialAction") in (_SUMMED_UP if "warm" in request.query_params else _ANSWERED):
            self._host.transfers.connected(told.line.id, request.path_params["call_id"])

    async def dialled(self, told: Told, request: Request) -> str:
        """Say what becomes of a caller whose transfer is over: who was not put through comes back to the bot."""
        status = told.text("DialStatus")
        self._host.transfers.over(told.line.id, request.path_params["call_id"], status)
        return xml.document(xml.hang_up()) if status in PUT_THROUGH else self._stream(request.path_params["token"])

    async def document(self, told: Told, request: Request) -> str:
        """Give a document that was kept."""
        try:
            admission = await self._host.tickets.redeem(request.path_params["token"])
        except InputError:
            return xml.document()
        kept = admission.request.metadata.get("document") if admission.line_id == told.line.id else None
        return str(kept or xml.document())

    async def _progressed(self, told: Told, request: Request, progress: Progress) -> None:
        intent_id = request.query_params.get("intent")
        await self._events.progressed(told.call(*_NAMES, renames=intent_id is not None), progress, intent_id)

    def _stream(self, token: str) -> str:
        return xml.document(xml.stream(self._host.addresses.stream(token)))


def plivo_router(hooks: PlivoWebhooks) -> APIRouter:
    """Return the routes that Plivo asks."""
    router = APIRouter(include_in_schema=False)

    @router.api_route(f"{PREFIX}/answer", methods=["GET", "POST"])
    @router.api_route(KUPE_ANSWER, methods=["GET", "POST"])
    async def answer(request: Request) -> Response:
        """A call rings."""
        return await hooks.ring(request)

    @router.post(f"{PREFIX}/hangup")
    @router.post(KUPE_HANGUP)
    async def hangup(request: Request) -> Response:
        """A call is over."""
        return await hooks.of_number(request, hooks.status)

    @router.api_route(f"{PREFIX}/lines/{{line_id}}/answered/{{token}}", methods=["GET", "POST"])
    async def answered(request: Request, line_id: str) -> Response:
        """Somebody has answered, and waits for the first word: not for our books."""
        return await hooks.of_line(request, line_id, hooks.answered, afterwards=hooks.goes_on)

    answers: dict[str, _Answer] = {
        "status": hooks.status,
        "machine": hooks.machine,
        "joined/{call_id}": hooks.joined,
        "dialled/{call_id}/{token}": hooks.dialled,
        "document/{token}": hooks.document,
    }
    for path, each in answers.items():
        _add(router, hooks, path, each)
    return router


def _add(router: APIRouter, hooks: PlivoWebhooks, path: str, answer: _Answer) -> None:
    @router.api_route(f"{PREFIX}/lines/{{line_id}}/{path}", methods=["GET", "POST"])
    async def told(request: Request, line_id: str) -> Response:
        """Take something about a line's calls."""
        return await hooks.of_line(request, line_id, answer)


async def _read(request: Request) -> tuple[Fields, Fields]:
    """Return what was posted, which is signed, and what is told."""
    form, _ = await read_form(request)
    return form, told_in(request, form)


def _response(document: str | None) -> Response:
    return Response(status_code=204) if document is None else Response(document, media_type="text/xml")


def _refuse() -> Response:
    return PlainTextResponse("The signature is not Plivo's.", 403)
