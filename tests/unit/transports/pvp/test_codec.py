import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ProtocolError
from transports.pvp import messages
from transports.pvp.codec import (
    MAX_AUDIO_BYTES,
    MAX_TEXT_BYTES,
    RESERVED_KEYS,
    decode_client,
    decode_server,
    encode_client,
    encode_server,
)
from transports.pvp.messages import (
    Artifact,
    Audio,
    ClientConfig,
    ClientMessage,
    Error,
    FlowState,
    FlowVariable,
    Ping,
    ServerMessage,
    UiEvent,
    Waterfall,
)

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=4)
PAYLOADS = st.dictionaries(WORDS | st.sampled_from(sorted(RESERVED_KEYS)), JSON, max_size=4)
FREE_PAYLOADS = st.dictionaries(WORDS.filter(lambda key: key not in RESERVED_KEYS), JSON, max_size=4)
PCM = st.binary(min_size=2, max_size=64).map(lambda data: data[: len(data) // 2 * 2])

CLIENT: st.SearchStrategy[ClientMessage] = st.one_of(
    st.builds(Audio, PCM),
    st.builds(Ping, NUMBERS | st.none()),
    st.builds(ClientConfig, NUMBERS | st.none(), NUMBERS | st.none()),
    st.builds(messages.Dtmf, st.text("0123456789*#", min_size=1, max_size=32)),
    st.builds(UiEvent, WORDS.filter(bool), OBJECTS, WORDS | st.none()),
    st.builds(messages.UpgradeOffer, WORDS),
    st.builds(messages.UpgradeIce, st.lists(OBJECTS, max_size=3).map(tuple)),
    st.just(messages.UpgradeComplete()),
    st.just(messages.Downgrade()),
)


def _server(payloads: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[ServerMessage]:
    spans = st.lists(st.builds(messages.WaterfallSpan, WORDS, NUMBERS, NUMBERS), max_size=3).map(tuple)
    progress = st.builds(messages.Progress, st.integers(0, 9), st.integers(0, 9))
    actions = st.lists(WORDS, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Audio, PCM),
        st.builds(messages.Config, WORDS, st.integers(8000, 48000)),
        st.builds(messages.Status, st.sampled_from(["idle", "listening", "speaking", "ended"])),
        st.builds(
            messages.Transcript, WORDS, st.sampled_from(["user", "assistant"]), WORDS, st.booleans(), st.booleans()
        ),
        st.builds(
            FlowState, WORDS, WORDS, st.none() | OBJECTS, OBJECTS, actions, st.none() | WORDS, st.none() | progress
        ),
        st.builds(Artifact, WORDS, WORDS, payloads),
        st.builds(FlowVariable, WORDS, WORDS, JSON),
        st.builds(messages.TransitionBlocked, WORDS, WORDS, WORDS, WORDS, WORDS, OBJECTS),
        st.builds(messages.FlowEnd, WORDS, WORDS, OBJECTS),
        st.builds(messages.Interrupted, st.integers(0, 99), st.none() | WORDS),
        st.builds(Waterfall, st.integers(0, 99), st.none() | NUMBERS, spans, st.none() | NUMBERS),
        st.builds(messages.Pong, NUMBERS | st.none(), st.integers(0, 2**53)),
        st.builds(Error, WORDS, WORDS, st.lists(OBJECTS, max_size=2).map(tuple)),
        st.builds(messages.Quality, WORDS, st.none() | NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS),
        st.builds(messages.UpgradeAnswer, WORDS, WORDS),
        st.just(messages.UpgradeReady()),
        st.just(messages.SwitchNow()),
        st.just(messages.UpgradeFailed()),
        st.just(messages.DowngradeComplete()),
    )


@given(CLIENT)
def test_a_client_message_comes_back_as_it_was(message: ClientMessage) -> None:
    assert decode_client(encode_client(message)) == message


@given(_server(FREE_PAYLOADS))
def test_a_server_message_comes_back_as_it_was(message: ServerMessage) -> None:
    assert decode_server(encode_server(message)) == message


@given(_server(PAYLOADS))
def test_no_message_but_status_has_a_string_named_status(message: ServerMessage) -> None:
    wire = encode_server(message)
    if isinstance(wire, str) and not isinstance(message, messages.Status):
        assert not isinstance(json.loads(wire).get("status"), str)


def test_a_payload_cannot_take_our_keys() -> None:
    wire = encode_server(Artifact("1", "card", {"id": "x", "type": "y", "status": "done", "title": "T"}))
    assert json.loads(wire) == {"type": "artifact", "id": "1", "artifact_type": "card", "title": "T"}


TYPED = st.builds(
    lambda kind, fields: json.dumps({"type": kind} | fields),
    st.sampled_from(
        ["ping", "config", "ui_event", "status", "transcript", "flow_state", "artifact", "waterfall", "error"]
    ),
    st.dictionaries(
        st.sampled_from(["id", "action", "data", "spans", "turn", "progress", "message", "findings"]), JSON
    ),
)


@given(st.text() | st.binary() | JSON.map(json.dumps) | TYPED)
def test_any_frame_is_a_message_or_a_protocol_error(data: str | bytes) -> None:
    for decode in (decode_client, decode_server):
        try:
            message = decode(data)
        except ProtocolError:
            continue
        assert message is None or type(message).__module__ == messages.__name__


@given(st.text() | JSON.map(json.dumps) | TYPED)
def test_whatever_a_client_sends_can_be_sent_back(text: str) -> None:
    try:
        message = decode_client(text)
    except ProtocolError:
        return
    if isinstance(message, Ping):
        encode_server(messages.Pong(message.ts, 0)).encode()  # type: ignore[union-attr]  # only sound is bytes
    elif isinstance(message, UiEvent):
        encode_server(messages.FlowEnd("f", message.action, message.data)).encode()  # type: ignore[union-attr]  # ditto


@pytest.mark.parametrize("depth", [33, 900, 100_000])
def test_a_deep_nest_is_refused(depth: int) -> None:
    text = '{"type":"ui_event","action":"a","data":' + '{"a":' * depth + "1" + "}" * depth + "}"
    with pytest.raises(ProtocolError) as refusal:
        decode_client(text[:MAX_TEXT_BYTES])
    assert refusal.value.code == "protocol.invalid_json"


@pytest.mark.parametrize("size", [1, 641, MAX_AUDIO_BYTES + 2])
def test_an_odd_or_oversized_audio_frame_is_refused(size: int) -> None:
    with pytest.raises(ProtocolError) as refusal:
        decode_client(bytes(size))
    assert refusal.value.code == "audio.bad_frame"


def test_the_largest_audio_frame_is_taken_and_an_empty_one_ignored() -> None:
    assert decode_client(bytes(MAX_AUDIO_BYTES)) == Audio(bytes(MAX_AUDIO_BYTES))
    assert decode_client(b"") is None


@pytest.mark.parametrize("letter", ["x", "ü"])
def test_a_text_frame_is_measured_in_bytes(letter: str) -> None:
    room = MAX_TEXT_BYTES - len('{"a":""}')
    fits = '{"a":"' + letter * (room // len(letter.encode())) + '"}'
    assert decode_client(fits) is None
    with pytest.raises(ProtocolError) as refusal:
        decode_client(fits[:-2] + letter + '"}')
    assert refusal.value.code == "protocol.too_large"


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"upgrade-offer"}',
        '{"type":"upgrade-ice","candidates":{}}',
        '{"type":"upgrade-ice","candidates":["a"]}',
        '{"type":"upgrade-ice","candidates":[' + ",".join(["{}"] * 65) + "]}",
    ],
)
def test_an_upgrade_with_a_wrong_field_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as refusal:
        decode_client(text)
    assert refusal.value.code == "protocol.invalid_field"
