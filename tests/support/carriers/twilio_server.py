"""Twilio's REST interface on loopback, as far as a call needs it; what it is asked is kept."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

CALL_SID, UNKNOWN_SID = "CA1", "CA404"


@dataclass
class TwilioServer:
    """One account.

    Attributes:
        asked: Path, authorisation and form of each request.
    """

    url: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def twilio_server() -> Iterator[TwilioServer]:
    """Run it until the block ends; every call but `UNKNOWN_SID` is known, and new ones are `CALL_SID`."""
    account = TwilioServer()
    with HTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"account": account})) as server:
        account.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield account
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    account: TwilioServer

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
        self.account.asked.append((self.path, self.headers["authorization"], form))
        if self.path.endswith(f"/Calls/{UNKNOWN_SID}.json"):
            self._answer(404, {"code": 20404, "message": "not found", "status": 404})
        else:
            self._answer(201, {"sid": CALL_SID, "status": "queued"})

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
