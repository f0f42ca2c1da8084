"""What Twilio asks and tells by HTTP: a call rings, a call goes on, somebody answered, a transfer is over."""

from collections.abc import Awaitable, Callable

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kit.errors import InputError
from kit.phone_calls import Progress
from telephony.forms import Fields, Told, read_form, told_in
from telephony.ports import CallEvents, IncomingCall
from telephony.transfers import PUT_THROUGH
from telephony.twilio import twiml
from telephony.twilio.control import TwilioHost
from telephony.twilio.rest import answered_by_of, status_of
from telephony.twilio.signature import Signed, is_from_twilio
from transports.live import LiveCalls

UNMAPPED = "Sorry, nobody can take your call at this number. Good-bye."
PREFIX = "/telephony/twilio"
KUPE_VOICE = "/api/call/incoming_call"  # where numbers point that another server of this API has answered

log = structlog.get_logger(__name__)


_Answer = Callable[[Told, Request], Awaitable[str | None]]


class Webhooks:
    """Checks who asks, then answers with TwiML or nothing."""

    def __init__(self, host: TwilioHost, events: CallEvents, live: LiveCalls) -> None:
        self._host, self._events, self._live = host, events, live

    async def voice(self, request: Request) -> Response:
        """Say what becomes of a call that rings."""
        signed, told = await _read(request, self._host.addresses.called(request))
        lines = await self._host.lines.by_number(str(told.get("To", "")), "twilio")
        line = next((each for each in lines if is_from_twilio(signed, each.credentials)), None)
        if line is None:
            return _refuse()
        if self._live.draining:
            return PlainTextResponse("", 503)  # Twilio goes to the number's fallback
        return _document(await self._connect(Told(line, told)))

    async def of_line(self, request: Request, line_id: str, answer: _Answer) -> Response:
        """Answer what is told about a line's calls."""
        signed, told = await _read(request, self._host.addresses.called(request))
        line = await self._host.lines.by_id(line_id)
        if line is None or line.provider != "twilio" or not is_from_twilio(signed, line.credentials):
            return _refuse()
        document = await answer(Told(line, told), request)
        return Response(status_code=204) if document is None else _document(document)

    async def _connect(self, told: Told) -> str:
        host = self._host
        call = IncomingCall(told.text("CallSid"), told.text("From"), told.text("To"))
        admission = await host.lines.admit(told.line, call)
        if admission is None:
            return twiml.document(twiml.say(UNMAPPED), twiml.hang_up())
        token = await host.tickets.mint(admission)
        parameters = {"request_id": admission.request.call_id}
        status_url = host.addresses.of_line(told.line.id, "stream")
        return twiml.document(twiml.stream(host.addresses.stream(token), status_url, parameters))

    async def status(self, told: Told, request: Request) -> None:
        """Take where a call is."""
        status = status_of(told.text("CallStatus"))
        if status is None:
            return
        progress = Progress(
            status, told.number("SequenceNumber"), told.number("CallDuration"), answered_by_of(told.text("AnsweredBy"))
        )
        await self._events.progressed(told.call("CallSid"), progress, request.query_params.get("intent"))

    async def machine(self, told: Told, request: Request) -> None:
        """Take who answered; it comes while the call goes on, or after it."""
        by = answered_by_of(told.text("AnsweredBy"))
        if by is not None:
            await self._events.answered(told.call("CallSid"), by)

    async def stream_told(self, told: Told, request: Request) -> None:
        """Log what went wrong with a stream."""
        if told.text("StreamEvent") == "stream-error":
            log.warning("stream_error", carrier="twilio", line_id=told.line.id, reason=told.text("StreamError"))

    async def recording(self, told: Told, request: Request) -> None:
        """Take the name of Twilio's own recording."""
        if told.text("RecordingStatus") == "completed":
            await self._events.recorded(told.call("CallSid"), told.text("RecordingSid"))

    async def joined(self, told: Told, request: Request) -> None:
        """Take that somebody answered a transfer."""
        if told.text("CallStatus") in ("in-progress", "answered"):
            self._host.transfers.connected(told.line.id, request.path_params["call_id"])

    async def dialled(self, told: Told, request: Request) -> str:
        """Say what becomes of a caller whose transfer is over: who was not put through comes back to the bot."""
        status = told.text("DialCallStatus")
        self._host.transfers.over(told.line.id, request.path_params["call_id"], status)
        if status in PUT_THROUGH:
            return twiml.document(twiml.hang_up())
        return twiml.document(twiml.stream(self._host.addresses.stream(request.path_params["token"])))

    async def whisper(self, told: Told, request: Request) -> str:
        """Say what the person hears before the caller."""
        try:
            admission = await self._host.tickets.redeem(request.path_params["token"])
        except InputError:
            return twiml.document()
        return twiml.document(twiml.say(str(admission.request.metadata.get("whisper", ""))))


def webhook_router(hooks: Webhooks) -> APIRouter:
    """Return the routes that Twilio asks."""
    router = APIRouter(include_in_schema=False)

    @router.api_route(f"{PREFIX}/voice", methods=["GET", "POST"])
    @router.api_route(KUPE_VOICE, methods=["GET", "POST"])
    async def voice(request: Request) -> Response:
        """A call rings."""
        return await hooks.voice(request)

    answers: dict[str, _Answer] = {
        "status": hooks.status,
        "machine": hooks.machine,
        "stream": hooks.stream_told,
        "recording": hooks.recording,
        "joined/{call_id}": hooks.joined,
        "dialled/{call_id}/{token}": hooks.dialled,
        "whisper/{token}": hooks.whisper,
    }
    for path, answer in answers.items():
        _add(router, hooks, path, answer)
    return router


def _add(router: APIRouter, hooks: Webhooks, path: str, answer: _Answer) -> None:
    @router.api_route(f"{PREFIX}/lines/{{line_id}}/{path}", methods=["GET", "POST"])
    async def told(request: Request, line_id: str) -> Response:
        """Take something about a line's calls."""
        return await hooks.of_line(request, line_id, answer)


async def _read(request: Request, url: str) -> tuple[Signed, Fields]:
    """Return a request as it is signed, and its parameters."""
    form, body = await read_form(request)
    return Signed(url, dict(request.headers), form, body), told_in(request, form)


def _document(text: str) -> Response:
    return Response(text, media_type="text/xml")


def _refuse() -> Response:
    return PlainTextResponse("The signature is not Twilio's.", 403)
