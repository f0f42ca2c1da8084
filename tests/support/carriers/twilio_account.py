"""An account at Twilio on the virtual clock, stricter than the real one: REST, signed webhooks, TwiML, media streams.

It does what a document says only as far as a test asks it to, and refuses whatever Twilio would refuse or drop.
"""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import httpx
from starlette.types import ASGIApp
from twilio.http import HttpClient
from twilio.http.response import Response

from server.caller.twilio_wire import TwilioWire
from tests.support.carriers.phone import Phone

ACCOUNT_SID, AUTH_TOKEN, SIGNING_KEY = "AC" + "1" * 32, "12345", "67890"
_VERBS = {"Connect", "Dial", "Say", "Play", "Hangup"}
_MAX_TWIML = 4000


def sign(url: str, form: Mapping[str, str] | None = None, key: str = AUTH_TOKEN, algorithm: str = "sha1") -> str:
    """Sign as Twilio does; written anew, so that a mistake of ours does not hide itself."""
    text = url + "".join(name + value for name, value in sorted((form or {}).items()))
    return base64.b64encode(hmac.new(key.encode(), text.encode(), algorithm).digest()).decode()


class BadTwimlError(AssertionError):
    """Twilio would refuse it, or drop a part of it."""


@dataclass
class SimulatedCall:
    """One call of the account."""

    sid: str
    to: str
    caller: str
    status: str = "queued"
    document: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    redirects: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.status in ("completed", "busy", "no-answer", "failed", "canceled")

    @property
    def stream_url(self) -> str:
        """Where the document sends the sound."""
        verbs = ElementTree.fromstring(self.document)
        stream = verbs.find("Connect/Stream")
        if stream is None:
            raise BadTwimlError("no <Connect><Stream>")
        return stream.attrib["url"]


def check_twiml(document: str) -> None:
    """Refuse what Twilio would refuse, or what would make a bot that cannot be heard."""
    if len(document) > _MAX_TWIML:
        raise BadTwimlError("more than 4000 characters")
    root = ElementTree.fromstring(document)
    if root.tag != "Response" or root.find("Start") is not None:
        raise BadTwimlError("<Start> only listens")
    for verb in root:
        if verb.tag not in _VERBS:
            raise BadTwimlError(f"<{verb.tag}>")
    for stream in root.iter("Stream"):
        parts = urlsplit(stream.attrib["url"])
        if parts.query or parts.scheme != "wss":
            raise BadTwimlError("a stream is wss: and has no query (31920)")
        for parameter in stream.iter("Parameter"):
            if len(parameter.attrib["name"]) + len(parameter.attrib["value"]) > 500:
                raise BadTwimlError("a parameter of more than 500 characters")


class SimulatedTwilio(HttpClient):  # type: ignore[misc]  # the SDK has no types
    """One account; also what the SDK asks with.

    Attributes:
        fails: HTTP status and Twilio's code of the answers to come.
    """

    def __init__(self, app: ASGIApp | None = None, base_url: str = "https://voice.example.com") -> None:
        super().__init__(None, False, 5)
        self.app, self.base_url = app, base_url
        self.calls: dict[str, SimulatedCall] = {}
        self.numbers: dict[str, dict[str, Any]] = {}
        self.fails: tuple[int, int] | None = None
        self._sids = (f"{number:032x}" for number in itertools.count(1))
        self._streams = itertools.count(1)

    # --- REST -------------------------------------------------------------------------------------------------------
    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Answer as the interface does."""
        if auth != (ACCOUNT_SID, AUTH_TOKEN):
            return _error(401, 20003)
        if self.fails is not None:
            return _error(*self.fails)
        path = urlsplit(url).path.removeprefix(f"/2010-04-01/Accounts/{ACCOUNT_SID}/").removesuffix(".json").split("/")
        match (method, *path):
            case ("POST", "Calls"):
                return self._create(data or {})
            case ("GET", "Calls"):
                return self._list(params or {})
            case ("GET", "Calls", sid) if sid in self.calls:
                return Response(200, json.dumps(self._shown(self.calls[sid])))
            case ("POST", "Calls", sid) if sid in self.calls and not self.calls[sid].is_over:
                return self._update(self.calls[sid], data or {})
            case ("GET", "IncomingPhoneNumbers"):
                wanted = (params or {})["PhoneNumber"]
                return Response(
                    200,
                    json.dumps(
                        {"incoming_phone_numbers": [self.numbers[wanted]]}
                        if wanted in self.numbers
                        else {"incoming_phone_numbers": []}
                    ),
                )
            case ("POST", "IncomingPhoneNumbers", sid):
                number = next(each for each in self.numbers.values() if each["sid"] == sid)
                number.update(data or {})
                return Response(200, json.dumps(number))
            case _:
                return _error(404, 20404)

    def _create(self, data: Mapping[str, Any]) -> Response:
        if not str(data.get("To", "")).startswith("+"):
            return _error(400, 21211)
        if not str(data.get("From", "")).startswith("+"):
            return _error(400, 21212)
        check_twiml(data["Twiml"])
        call = SimulatedCall(f"CA{next(self._sids)}", data["To"], data["From"], document=data["Twiml"], asked=data)
        self.calls[call.sid] = call
        return Response(201, json.dumps(self._shown(call)))

    def _list(self, params: Mapping[str, Any]) -> Response:
        found = [call for call in self.calls.values() if (call.to, call.caller) == (params["To"], params["From"])]
        body = {"calls": [self._shown(call) for call in found], "page": 0, "page_size": 50, "uri": "/", "end": 0}
        return Response(200, json.dumps(body))

    def _update(self, call: SimulatedCall, data: Mapping[str, Any]) -> Response:
        if "Status" in data:
            call.status = data["Status"]
        else:
            check_twiml(data["Twiml"])
            call.document = data["Twiml"]
            call.redirects.append(data["Twiml"])
        return Response(200, json.dumps(self._shown(call)))

    def _shown(self, call: SimulatedCall) -> dict[str, Any]:
        created = "Thu, 01 Jan 2026 18:00:00 +0000"
        told = {"sid": call.sid, "status": call.status, "to": call.to, "from": call.caller, "date_created": created}
        return told | {"duration": "7" if call.is_over else None, "answered_by": None}

    # --- webhooks ---------------------------------------------------------------------------------------------------
    async def asks(
        self, url: str, form: Mapping[str, str], *, key: str = AUTH_TOKEN, signed_url: str | None = None
    ) -> httpx.Response:
        """Post a signed form."""
        assert self.app is not None, "somebody to ask"
        headers = {
            "X-Twilio-Signature": sign(signed_url or url, form, key),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as http:
            return await http.post(url, content=urlencode(form), headers=headers)

    async def rings(self, to: str, caller: str = "+12125550123") -> SimulatedCall:
        """Have a call come in and ask what to do with it."""
        call = SimulatedCall(f"CA{next(self._sids)}", to, caller, "ringing")
        self.calls[call.sid] = call
        answer = await self.asks(f"{self.base_url}/telephony/twilio/voice", self.about(call))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/xml")
        check_twiml(answer.text)
        call.document, call.status = answer.text, "in-progress"
        return call

    async def follows(self, call: SimulatedCall, url: str, **told: str) -> httpx.Response:
        """Ask for the next document of a call, or tell something about it; the document replaces the one before."""
        answer = await self.asks(url, self.about(call) | told)
        if answer.text:
            check_twiml(answer.text)
            call.document = answer.text
        return answer

    def about(self, call: SimulatedCall) -> dict[str, str]:
        """Return what every webhook tells."""
        return {
            "CallSid": call.sid,
            "AccountSid": ACCOUNT_SID,
            "From": call.caller,
            "To": call.to,
            "CallStatus": call.status,
            "ApiVersion": "2010-04-01",
            "Direction": "inbound",
        }

    # --- media ------------------------------------------------------------------------------------------------------
    def phone_of(self, call: SimulatedCall) -> Phone:
        """Return the media stream that the call's document asks for; each has a name of its own."""
        parameters = ElementTree.fromstring(call.document).iter("Parameter")
        told = {each.attrib["name"]: each.attrib["value"] for each in parameters}
        return Phone(TwilioWire(f"MZ{next(self._streams)}", call.sid, ACCOUNT_SID, told))

    async def streams(self, phone: Phone, url: str, *, signature: str | None = None) -> None:
        """Carry the sound of a call until the socket is done with."""
        assert self.app is not None, "somebody to talk to"
        await phone.connect(self.app, url, {"X-Twilio-Signature": sign(url) if signature is None else signature})


def body_hash(body: bytes) -> str:
    """Return what stands in the query of a signed body that is no form."""
    return hashlib.sha256(body).hexdigest()


def _error(status: int, code: int) -> Response:
    body = {
        "code": code,
        "message": "the number +12125550123 is bad",
        "more_info": "https://example.com",
        "status": status,
    }
    return Response(status, json.dumps(body))
