"""The caller's reading of docs/pvp.md."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InputError, ProtocolError
from server.caller.wire import (
    Config,
    FlowEnd,
    FlowState,
    FlowVariable,
    Interrupted,
    Message,
    Other,
    ServerError,
    Status,
    Transcript,
    Waterfall,
    call_url,
    decode,
    rate_message,
    ui_message,
)

_CONFIG = {"audio_sample_rate": 16000, "audio_channels": 1, "audio_encoding": "pcm_s16le", "pvp_version": "1.0"}
_SPAN = {"name": "stt", "start_ms": 1.0, "end_ms": 2.0}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "config", **_CONFIG, "call_id": "c"}, Config(16000, "c")),
        ({"type": "status", "status": "listening"}, Status("listening")),
        (
            {"type": "transcript", "id": "1", "role": "user", "text": "Hi", "is_final": False},
            Transcript("1", "user", "Hi", is_final=False, interrupted=False),
        ),
        ({"type": "flow_state", "state": "a", "variables": {"x": None}}, FlowState("a", {"x": None})),
        ({"type": "flow_variable", "key": "x", "value": [1]}, FlowVariable("x", [1])),
        ({"type": "flow_end", "reason": "completed", "variables": {}}, FlowEnd("completed", {})),
        ({"type": "interrupted", "generation": 3}, Interrupted(3)),
        ({"type": "waterfall", "turn": 0, "gap_ms": None, "spans": []}, Waterfall(0, None, ())),
        ({"type": "waterfall", "turn": 1, "gap_ms": 210, "spans": [_SPAN]}, Waterfall(1, 210.0, (_SPAN,))),
        ({"type": "error", "message": "no"}, ServerError("no", "")),
        ({"type": "pong", "ts": 1}, Other("pong", {"type": "pong", "ts": 1})),
    ],
)
def test_each_message_is_read(body: dict[str, Any], message: Message) -> None:
    assert decode(json.dumps(body)) == message


@pytest.mark.parametrize(
    "body",
    [
        {"status": "idle"},
        {"type": "status", "status": "busy"},
        {"type": "flow_end", "reason": "completed", "variables": {}, "status": "ended"},
        {"type": "config", **_CONFIG, "audio_channels": 2},
        {"type": "transcript", "id": "1", "role": "bot", "text": "", "is_final": True},
        {"type": "transcript", "id": "1", "role": "user", "text": ""},
        {"type": "waterfall", "turn": 1, "gap_ms": 1, "spans": [{"name": "stt"}]},
        [],
        None,
    ],
)
def test_what_the_protocol_does_not_allow_is_refused(body: Any) -> None:
    with pytest.raises(ProtocolError):
        decode(json.dumps(body))


@given(
    st.text(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4).map(json.dumps)
)
def test_any_text_is_a_message_or_a_protocol_error(text: str) -> None:
    with contextlib.suppress(ProtocolError):
        decode(text)


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws?mode=flow&program_id=a+b"),
        ("https://x.example/", "wss://x.example/ws?mode=flow&program_id=a+b"),
        ("localhost:9", "ws://localhost:9/ws?mode=flow&program_id=a+b"),
        ("wss://x.example/v1/ws/token", "wss://x.example/v1/ws/token"),
    ],
)
def test_addresses_in_any_usual_form_lead_to_the_flow(server: str, url: str) -> None:
    assert call_url(server, "a b") == url


@pytest.mark.parametrize("server", ["ftp://x.example", "http://"])
def test_what_is_no_address_is_told(server: str) -> None:
    with pytest.raises(InputError, match="is no address of a server"):
        call_url(server, "x")


def test_our_own_messages_have_the_fields_of_the_protocol() -> None:
    assert json.loads(rate_message(8000)) == {"type": "config", "sample_rate": 8000, "channels": 1}
    assert json.loads(ui_message("go", {"a": 1})) == {"type": "ui_event", "action": "go", "data": {"a": 1}}
