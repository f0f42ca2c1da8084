"""Twilio's own SDK over real HTTP, led to a server that stands in for Twilio."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from kit.errors import ProviderError
from telephony.twilio.rest import TwilioRest
from tests.support.carriers.twilio_account import ACCOUNT_SID, AUTH_TOKEN
from tests.support.carriers.twilio_lab import LINE


class _StandIn(BaseHTTPRequestHandler):
    asked: list[tuple[str, str, str]] = []  # noqa: RUF012  one server a test

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.asked.append((self.path, self.headers["authorization"], body))
        if self.path.endswith("/Calls/CA404.json"):
            self._answer(404, {"code": 20404, "message": "not found", "status": 404})
        else:
            self._answer(201, {"sid": "CA1", "status": "queued"})

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def address() -> Iterator[str]:
    _StandIn.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), _StandIn)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_sdk_asks_where_it_is_told_and_says_no_number_in_its_logs(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    rest = TwilioRest(address)
    assert await rest.create(LINE, to="+12125550123", from_=LINE.number, twiml="<Response/>") == "CA1"
    await rest.hang_up(LINE, "CA404")
    rest.close()
    (path, authorization, body), (gone, _, _) = _StandIn.asked
    assert path == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
    assert authorization == "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    assert "To=%2B12125550123" in body
    assert gone.endswith("/Calls/CA404.json")
    assert "12125550123" not in caplog.text


async def test_nobody_there_is_an_outcome_that_nobody_knows() -> None:
    rest = TwilioRest("http://127.0.0.1:9")
    with pytest.raises(ProviderError) as away:
        await rest.create(LINE, to="+12125550123", from_=LINE.number, twiml="<Response/>")
    rest.close()
    assert (away.value.code, away.value.retryable) == ("carrier.away", True)
