"""A line of a running server, rung as Twilio does: signed webhook, ticket, signed socket, a whole conversation."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.caller.local_server import local_server

_ROOT = Path(__file__).parents[2]
_NUMBER, _TOKEN = "+14158675309", "a-secret-of-twilio"

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("data")
    with local_server(_ROOT / "examples" / "flows", {"DATA_DIR": str(data)}) as address:
        credentials = {"account_sid": "AC" + "1" * 32, "auth_token": _TOKEN}
        line = {"number": _NUMBER, "provider": "twilio", "credentials": credentials, "flow_id": "survey"}
        httpx.post(f"{address}/native/v1/lines", json=line).raise_for_status()
        yield address


def _ring(server: str, number: str, token: str) -> subprocess.CompletedProcess[str]:
    lines = ("I would give it a four.", "The food.", "Yes.", "The waiter was very kind.", "Yes.")
    asked = ["--server", server, "--via", "twilio", "--number", number, "--say", lines[0], *lines[1:]]
    return subprocess.run(
        [sys.executable, "-m", "server.main", "call", *asked],
        env=os.environ | {"TWILIO_AUTH_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_a_caller_is_led_through_webhook_and_socket_to_the_lines_flow(server: str) -> None:
    done = _ring(server, _NUMBER, _TOKEN)
    sys.stdout.write(done.stdout + done.stderr)
    assert "completed: True" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize(("number", "token"), [(_NUMBER, "wrong"), ("+14155550100", _TOKEN)])
def test_who_cannot_sign_for_a_line_is_not_answered(server: str, number: str, token: str) -> None:
    done = _ring(server, number, token)
    assert done.returncode != 0
    assert "403" in done.stderr
