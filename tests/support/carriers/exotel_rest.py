"""Exotel's REST interface on one machine: strict about its odd names, free in its own, and at times overrun."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx

_NEEDED = {"From", "CallerId", "StreamUrl", "StreamType"}
_KNOWN = _NEEDED | {"TimeLimit", "CustomField", "StatusCallback", "StatusCallbackEvents[0]", "StatusCallbackEvents[1]"}


@dataclass
class ExotelRest:
    """Keeps calls by their id.

    Attributes:
        overrun: Answer 429 to the next order.
        fails: Answer 503 to all.
        knows_nobody: Refuse every key.
        lower: Write field names in lower case, as some of its pages do.
    """

    overrun: bool = False
    fails: bool = False
    lower: bool = False
    knows_nobody: bool = False
    calls: dict[str, dict[str, object]] = field(default_factory=dict)
    orders: list[dict[str, str]] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.fails:
            return httpx.Response(503, text="<html>")
        if self.knows_nobody or not request.headers.get("authorization", "").startswith("Basic "):
            return httpx.Response(401, json={"RestException": {"Status": 401}})
        path = request.url.path.removeprefix("/v1/Accounts/acc-1/")
        if path == "Calls/connect.json":
            return self._connect(dict(parse_qsl(request.content.decode())))
        if path == "Calls.json":
            assert request.url.params.get("DateCreated", "gte:2026-").startswith("gte:2026-")
            return self._json({"Calls": list(self.calls.values())})
        sid = path.removeprefix("Calls/").removesuffix(".json")
        return self._json({"Call": self.calls[sid]}) if sid in self.calls else httpx.Response(404, json={})

    def _connect(self, order: dict[str, str]) -> httpx.Response:
        if self.overrun:
            self.overrun = False
            return httpx.Response(429, json={"RestException": {"Status": 429, "Message": "200 calls a minute"}})
        lengths_are_right = len(order.get("StreamUrl", "")) < 600 and len(order.get("CustomField", "")) <= 128
        limit_is_right = int(order.get("TimeLimit", "1")) <= 14_400
        if not order.keys() >= _NEEDED or order.keys() - _KNOWN or not lengths_are_right or not limit_is_right:
            return httpx.Response(400, json={"RestException": {"Status": 400}})
        self.orders.append(order)
        sid = f"sid-{len(self.calls) + 1}"
        self.calls[sid] = {
            "Sid": sid,
            "Status": "queued",
            "From": order["From"],
            "CustomField": order.get("CustomField"),
            "Direction": "outbound-api",
        }
        return self._json({"Call": self.calls[sid]})

    def _json(self, body: dict[str, object]) -> httpx.Response:
        text = json.dumps(body)
        for name in ("Call", "Sid", "Status") if self.lower else ():
            text = text.replace(f'"{name}"', f'"{name.lower()}"')
        return httpx.Response(200, text=text)
