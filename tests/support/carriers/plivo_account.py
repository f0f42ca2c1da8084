"""An account at Plivo: its REST interface, and requests that are signed as it signs them.

It does what a document says only as far as a test asks it to, and refuses what Plivo would refuse.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import httpx
from starlette.types import ASGIApp

AUTH_ID, AUTH_TOKEN = "MA" + "1" * 18, "tok-1"
NONCE = "12345"
_ORDER = {"from", "to", "answer_url"}
_MORE = {"ring_url", "hangup_url", "ring_timeout", "time_limit", "machine_detection", "machine_detection_url"}
_STREAM = {"bidirectional": "true", "keepCallAlive": "true", "contentType": "audio/x-mulaw;rate=8000"}


def sign(method: str, url: str, form: Mapping[str, str] | None = None, key: str = AUTH_TOKEN) -> dict[str, str]:
    """Return the headers that Plivo signs with; written anew, so that a mistake of ours does not hide itself."""
    address, _, query = url.partition("?")
    text = address
    asked = "&".join("=".join(pair) for pair in sorted(parse_qsl(query, keep_blank_values=True)))
    posted = "".join(name + value for name, value in sorted((form or {}).items())) if method == "POST" else ""
    if asked or posted:
        text += "?" + asked + ("." if asked and posted else "") + posted
    digest = hmac.new(key.encode(), f"{text}.{NONCE}".encode(), hashlib.sha256).digest()
    return {"X-Plivo-Signature-V3": base64.b64encode(digest).decode(), "X-Plivo-Signature-V3-Nonce": NONCE}


def stream_url(document: str) -> str:
    """Return where a document sends the sound; it must be written as Plivo wants it."""
    (stream,) = ElementTree.fromstring(document)
    assert stream.tag == "Stream"
    assert stream.attrib == _STREAM
    return str(stream.text)


@dataclass
class SimulatedPlivo:
    """Keeps calls by their id.

    Attributes:
        calls: What is told of each: `call_status` of those that go on, `call_state` of those that ended.
        orders: What was posted to make them.
        redirects: Where running calls were led, and which keys were pressed, in order.
        status: Answer with this to all, if it is set.
        application: What the number belongs to.
        names_differ: A call that was made is called otherwise than its request.
    """

    app: ASGIApp | None = None
    status: int | None = None
    application: str = ""
    names_differ: bool = False
    numbers: set[str] = field(default_factory=lambda: {"14158675309"})
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: list[dict[str, Any]] = field(default_factory=list)
    redirects: list[dict[str, Any]] = field(default_factory=list)
    applications: dict[str, dict[str, Any]] = field(default_factory=dict)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    async def asks(
        self, url: str, form: Mapping[str, str], key: str = AUTH_TOKEN, method: str = "POST"
    ) -> httpx.Response:
        """Ask our side, signed, by form or by query."""
        assert self.app is not None, "an application to ask"
        if method == "GET":
            url = f"{url}?{urlencode(form)}"
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport) as client:
            data = dict(form) if method == "POST" else None
            return await client.request(method, url, data=data, headers=sign(method, url, form, key))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.status is not None:
            return httpx.Response(self.status, json={"error": "no numbers +14155550123 in what we say"})
        known = base64.b64encode(f"{AUTH_ID}:{AUTH_TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            return httpx.Response(401, json={})
        path = request.url.path.removeprefix(f"/v1/Account/{AUTH_ID}/")
        assert path.endswith("/"), "Plivo's paths end with a slash"
        kind, *rest = path.rstrip("/").split("/")
        body = json.loads(request.content) if request.content else {}
        match request.method, kind, rest:
            case "POST", "Call", []:
                return self._made(body)
            case "GET", "Call", []:
                return self._listed(dict(request.url.params))
            case _, "Call" | "Request", [call, *more]:
                return self._of_call(request, call, more, body)
            case "GET", "Number", [number]:
                known_number = number in self.numbers
                return httpx.Response(200 if known_number else 404, json={"application": self.application or None})
            case "POST", "Number", [number] if number in self.numbers and body.keys() == {"app_id"}:
                self.application = f"/v1/Account/{AUTH_ID}/Application/{body['app_id']}/"
                return httpx.Response(202, json={})
            case "POST", "Application", []:
                assert body.keys() == {"app_name", "answer_url", "hangup_url"}
                self.applications["app-1"] = body
                return httpx.Response(201, json={"app_id": "app-1"})
            case _, "Application", [app] if app in self.applications:
                self.applications[app] |= body
                return httpx.Response(202 if body else 200, json=self.applications[app])
            case _:
                return httpx.Response(404, json={})

    def _made(self, order: dict[str, Any]) -> httpx.Response:
        numbers_are_plain = all(str(order.get(name, "")).isdecimal() for name in ("from", "to"))
        if not order.keys() >= _ORDER or order.keys() - _ORDER - _MORE or not numbers_are_plain:
            return httpx.Response(400, json={"error": "bad order"})
        self.orders.append(order)
        request = f"r-{len(self.orders)}"
        call = f"c-{len(self.orders)}" if self.names_differ else request
        about = {"from": order["from"], "to": order["to"], "call_status": "ringing", "request": request}
        self.calls[call] = about
        return httpx.Response(201, json={"message": "call fired", "request_uuid": request})

    def _listed(self, wanted: dict[str, str]) -> httpx.Response:
        between = [
            (call, about)
            for call, about in self.calls.items()
            if (about["from"], about["to"]) == (wanted["from_number"], wanted["to_number"])
        ]
        if wanted.get("status") == "live":
            return httpx.Response(200, json={"calls": [call for call, about in between if "call_status" in about]})
        ended = [about | {"call_uuid": call} for call, about in between if "call_state" in about]
        return httpx.Response(200, json={"objects": ended})

    def _of_call(self, request: httpx.Request, call: str, more: list[str], body: dict[str, Any]) -> httpx.Response:
        about = self.calls.get(call)
        if request.method == "DELETE" and "/Request/" in request.url.path:
            about = next((each for each in self.calls.values() if each.get("request") == call), None)
        goes_on = about is not None and "call_status" in about
        if request.method == "GET":
            live = request.url.params.get("status") == "live"
            found = about is not None and (goes_on if live else not goes_on and "status" not in request.url.params)
            return httpx.Response(200, json=about) if found else httpx.Response(404, json={})
        if about is None or not goes_on:
            return httpx.Response(404, json={})
        if request.method == "DELETE":
            del about["call_status"]
            about |= {"call_state": "ANSWER"}
            return httpx.Response(204)
        right = body.keys() == ({"digits", "leg"} if more == ["DTMF"] else {"legs", "aleg_url", "aleg_method"})
        if not right:
            return httpx.Response(400, json={})
        self.redirects.append(body)
        return httpx.Response(202, json={"message": "done"})


def path_of(url: str) -> str:
    """Return the path of an address."""
    return urlsplit(url).path
