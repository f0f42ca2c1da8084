"""A line of a running server beside a Twilio of ours: it rings there, and it calls from there."""

import asyncio
import io
import json
import os
import subprocess
import sys
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from server.caller.live_call import CallPlan, CallRecord
from server.caller.local_server import local_server
from server.caller.measure import voiced_segments
from server.caller.phone import make_phone_call
from server.caller.script import in_order
from server.caller.sound import RATE_HZ
from server.caller.twilio_webhook import answered
from server.caller.voice import Voice, VoiceSpec
from tests.support import s3
from tests.support.carriers.twilio_server import CALL_SID, TwilioServer, twilio_server
from tests.support.s3 import S3, s3_store

_ROOT = Path(__file__).parents[2]
_NUMBER, _TOKEN = "+14158675309", "a-secret-of-twilio"
_CALLEE = "+12125550123"
_MAILBOX = "You have reached Bob. Please leave a message after the tone."
_MESSAGE = "Please call us back tomorrow."
_FLOW = """\
id: reminder
version: "1.0.0"
initial_state: hello
states:
  hello:
    say: Hello, who is there?
    prompt: Talk.
"""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def account() -> Iterator[TwilioServer]:
    with twilio_server() as account:
        yield account


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def store() -> Iterator[S3]:
    with s3_store() as store:
        yield store


@pytest.fixture(scope="module")
def server(data_dir: Path, account: TwilioServer, store: S3) -> Iterator[str]:
    flows = data_dir / "flows"
    flows.mkdir()
    (flows / "reminder.yaml").write_text(_FLOW)
    (flows / "survey.yaml").write_text((_ROOT / "examples" / "flows" / "survey.yaml").read_text())
    settings = {
        "DATA_DIR": str(data_dir),
        "TWILIO_BASE_URL": account.url,
        "RECORDINGS_BUCKET": s3.BUCKET,
        "RECORDINGS_ENDPOINT": store.url,
        "RECORDINGS_REGION": s3.REGION,
        "RECORDINGS_KEY_ID": s3.KEY_ID,
        "RECORDINGS_SECRET_KEY": s3.SECRET,
    }
    with local_server(flows, settings) as address:
        credentials = {"account_sid": "AC" + "1" * 32, "auth_token": _TOKEN}
        line = {"number": _NUMBER, "provider": "twilio", "credentials": credentials, "flow_id": "survey"}
        httpx.post(f"{address}/native/v1/lines", json=line).raise_for_status()
        always = {"opens_min": 0, "closes_min": 24 * 60}
        httpx.put(f"{address}/native/v1/calling-rules", json=always).raise_for_status()
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


async def _taken_by_a_mailbox(document: str) -> tuple[CallRecord, int]:
    """Take a call as a mailbox does; returns what was heard, and where its tone was over."""
    greeting = Voice(VoiceSpec("deep")).sound_of(_MAILBOX)
    tone = 8000 * np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ // 2) / RATE_HZ)
    tape = np.concatenate((greeting, np.zeros(RATE_HZ // 2, np.int16), tone.astype(np.int16)))
    taken = answered(document, CALL_SID, _TOKEN)
    plan = CallPlan(taken.url, in_order((_MAILBOX,)), {_MAILBOX: tape}, limit_s=60, headers=taken.headers)
    record = await make_phone_call(plan, wire=taken.wire)
    began = next(event.at_samples for event in record.events if event.who == "caller")
    return record, began + len(tape)


def test_a_message_is_left_on_a_mailbox_after_its_tone(
    server: str, data_dir: Path, account: TwilioServer, store: S3
) -> None:
    """No verdict of the carrier's: its words and its tone give the machine away. The recording goes to its store."""
    wish = {"to": _CALLEE, "flow_id": "reminder", "machine": "leave_message", "message": "Please call us back {when}."}
    placed = httpx.post(f"{server}/native/v1/calls", json={**wish, "variables": {"when": "tomorrow"}})
    placed.raise_for_status()
    call_id = placed.json()["id"]
    record, tone_over = asyncio.run(_taken_by_a_mailbox(account.asked[-1][2]["Twiml"]))
    assert record.completed, record.end_reason
    report: dict[str, Any] = json.loads((data_dir / "calls" / call_id / "report.json").read_text())
    assert (report["end_reason"], report["turns"][-1]["bot"]) == ("message_left", _MESSAGE)
    message = [part for part in voiced_segments(record.bot, RATE_HZ) if part.end_samples > tone_over]
    assert message[0].start_samples >= tone_over - RATE_HZ // 20, "not before the tone is over"
    assert message[-1].end_samples - message[0].start_samples > RATE_HZ, "all of it"
    told = httpx.get(f"{server}/native/v1/calls/{call_id}").json()
    assert told["answered_by"] == "machine_end_beep"
    assert account.asked[-1][2] == {"Status": "completed"}, "hung up at the carrier too"
    _check_recording(server, call_id, store)


def _check_recording(server: str, call_id: str, store: S3) -> None:
    """It has left for the store, where a link of ours leads for a while; stereo, both sides in it."""
    waited = threading.Event()
    name = f"{call_id}.wav"
    for _ in range(100):
        if name in store.objects:
            break
        waited.wait(0.1)
    answer = httpx.get(f"{server}/calls/{call_id}/recording.wav", follow_redirects=True)
    assert str(answer.url).startswith(store.url)
    assert answer.content == store.objects[name]
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 16_000)
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    assert (np.abs(sound).max(axis=0) > 1000).all()
