import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from kit.errors import ProtocolError
from transports.pvp import messages
from transports.pvp.codec import decode_client, decode_server, encode_server

_HERE = Path(__file__).parent
CLIENT_FRAMES: list[dict[str, Any]] = json.loads((_HERE / "client_frames.json").read_text(encoding="utf-8"))
SERVER_FRAMES: list[dict[str, Any]] = json.loads((_HERE / "server_frames.json").read_text(encoding="utf-8"))


def _names(kind: str) -> list[dict[str, Any]]:
    return [case for case in CLIENT_FRAMES if kind in case]


@pytest.mark.parametrize("case", _names("message"), ids=lambda case: case["name"])
def test_a_client_frame_is_understood(case: dict[str, Any]) -> None:
    message = decode_client(case["wire"])
    assert type(message).__name__ == case["message"]
    fields = dataclasses.asdict(message)  # type: ignore[arg-type]  # None has failed above
    assert json.loads(json.dumps(fields)) == case["fields"]


@pytest.mark.parametrize("case", _names("ignored"), ids=lambda case: case["name"])
def test_a_client_frame_is_ignored(case: dict[str, Any]) -> None:
    assert decode_client(case["wire"]) is None


@pytest.mark.parametrize("case", _names("error"), ids=lambda case: case["name"])
def test_a_client_frame_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as refusal:
        decode_client(case["wire"])
    assert refusal.value.code == case["error"]


@pytest.mark.parametrize("case", SERVER_FRAMES, ids=lambda case: case["message"])
def test_a_server_message_is_written_and_read_as_recorded(case: dict[str, Any]) -> None:
    message = getattr(messages, case["message"])(**case["fields"])
    assert json.loads(encode_server(message)) == case["wire"]
    assert decode_server(json.dumps(case["wire"])) == message


def test_every_message_without_nested_parts_is_recorded() -> None:
    recorded = {case["message"] for case in SERVER_FRAMES} | {"Audio", "Waterfall"}
    assert recorded == {kind.__name__ for kind in messages.ServerMessage.__args__}
