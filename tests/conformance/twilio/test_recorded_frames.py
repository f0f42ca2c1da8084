import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from kit.errors import ProtocolError
from telephony.messages import Hold, Media, Received
from telephony.twilio.codec import TwilioCodec

_HERE = Path(__file__).parent
RECEIVED: list[dict[str, Any]] = json.loads((_HERE / "received_frames.json").read_text(encoding="utf-8"))
SENT: list[dict[str, Any]] = json.loads((_HERE / "sent_frames.json").read_text(encoding="utf-8"))
_START = '{"event":"start","streamSid":"MZ2","start":{"callSid":"CA3"}}'


def _receive(case: dict[str, Any]) -> list[Received]:
    return (_started() if case.get("after_start") else TwilioCodec()).receive(case["wire"])


def _started() -> TwilioCodec:
    codec = TwilioCodec()
    codec.receive(_START)
    return codec


def _fields(message: Received) -> dict[str, Any]:
    if isinstance(message, Media):
        return {"payload_hex": message.payload.hex(), "chunk": message.chunk}
    return dataclasses.asdict(message)


@pytest.mark.parametrize("case", [c for c in RECEIVED if "message" in c], ids=lambda case: case["name"])
def test_a_frame_is_understood(case: dict[str, Any]) -> None:
    (message,) = _receive(case)
    assert type(message).__name__ == case["message"]
    assert _fields(message) == case["fields"]


@pytest.mark.parametrize("case", [c for c in RECEIVED if "ignored" in c], ids=lambda case: case["name"])
def test_a_frame_is_ignored(case: dict[str, Any]) -> None:
    assert _receive(case) == []


@pytest.mark.parametrize("case", [c for c in RECEIVED if "error" in c], ids=lambda case: case["name"])
def test_a_frame_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as refusal:
        _receive(case)
    assert refusal.value.code == case["error"]


@pytest.mark.parametrize("case", SENT, ids=lambda case: case["send"])
def test_a_command_is_written_as_recorded(case: dict[str, Any]) -> None:
    codec = _started()
    match case["send"]:
        case "media":
            wire = codec.send_media(bytes.fromhex(case["payload_hex"]))
        case "mark":
            wire = codec.send_mark(case["name"])
        case _:
            wire = codec.send_clear()
    assert json.loads(wire) == case["wire"]


def test_every_message_is_recorded() -> None:
    assert {case.get("message") for case in RECEIVED} - {None} == {
        kind.__name__ for kind in Received.__args__ if kind is not Hold
    }
