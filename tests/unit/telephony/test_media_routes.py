import json
from typing import Any

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.types import Message

from kit.clock import Clock
from kit.errors import UnauthenticatedError
from telephony.connection import Exchange
from telephony.media_routes import direct_router
from tests.support.fake_call import EchoCalls
from tests.support.virtual_time import run
from transports.live import LiveCalls


class _Door:
    """Lets in whoever is known."""

    def __init__(self, account_id: str | None) -> None:
        self._account_id = account_id

    async def account_of(self, connection: HTTPConnection) -> str:
        if self._account_id is None:
            raise UnauthenticatedError("who are you?")
        return self._account_id


def _connect(calls: EchoCalls, door: _Door, live: LiveCalls) -> list[Message]:
    """Open a stream, start it and hang up; return what came back."""
    start = '{"event":"start","streamSid":"MZ1","start":{"callSid":"CA1"}}'
    events: list[Message] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": start},
        {"type": "websocket.disconnect", "code": 1006},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return events.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/telephony/twilio/flow/greet",
        "raw_path": b"/telephony/twilio/flow/greet",
        "query_string": b"",
        "headers": [],
        "root_path": "",
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    app = FastAPI()
    app.include_router(direct_router(door, Exchange(calls, live, Clock())))
    run(app(scope, receive, send))
    return sent


def test_the_path_names_the_flow_and_the_door_the_account() -> None:
    calls = EchoCalls()
    sent = _connect(calls, _Door("acc-1"), LiveCalls())
    assert sent[0]["type"] == "websocket.accept"
    (call,) = calls.placed
    assert (call.request.flow, call.request.account_id) == ("greet", "acc-1")
    assert call.request.transport == "twilio"


def test_who_is_not_known_is_refused_before_the_accept() -> None:
    calls = EchoCalls()
    sent = _connect(calls, _Door(None), LiveCalls())
    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 401)
    assert json.loads(sent[1]["body"])["error"] == "auth.required"
    assert calls.placed == []


def test_a_stopping_server_takes_no_new_stream() -> None:
    live = LiveCalls()
    live.draining = True
    sent = _connect(EchoCalls(), _Door("acc-1"), live)
    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 503)
