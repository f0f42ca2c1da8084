"""Any text is messages or a `ProtocolError`; what one side writes the other reads, which is the caller's own code."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ProtocolError
from server.caller.phone_wire import ClearBuffer, PlaceMark, PlayMedia
from server.caller.twilio_wire import TwilioWire
from telephony.messages import Dtmf, Mark, Media, Received, Start, Stop
from telephony.twilio.codec import MAX_MEDIA_BYTES, MAX_TEXT_CHARS, TwilioCodec
from telephony.wire import MAX_PARAMETER_CHARS, MAX_PARAMETERS

_WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
_PAYLOADS = st.binary(min_size=1, max_size=400)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    ["event", "streamSid", "media", "payload", "chunk", "start", "callSid", "mark", "name", "dtmf"]
)
_EVENTS = st.sampled_from(["media", "start", "stop", "dtmf", "mark", "connected", "x"])


def _pair(sid: str = "MZ1") -> tuple[TwilioCodec, TwilioWire]:
    codec, carrier = TwilioCodec(), TwilioWire(sid, "CA1", "AC1")
    codec.receive(carrier.start())
    return codec, carrier


def _survives(codec: TwilioCodec, text: str) -> list[Received]:
    with contextlib.suppress(ProtocolError):
        return codec.receive(text)
    return []


@given(st.text(max_size=200))
def test_any_text_is_messages_or_a_protocol_error(text: str) -> None:
    _survives(TwilioCodec(), text)


@given(_EVENTS, st.dictionaries(_NAMES, _VALUES | st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=6))
def test_any_object_is_messages_or_a_protocol_error(event: str, body: dict[str, object]) -> None:
    text = json.dumps({**body, "event": event})
    _survives(TwilioCodec(), text)
    _survives(_pair()[0], text)


@given(_WORDS, _WORDS, st.dictionaries(_WORDS, _WORDS, max_size=4))
def test_a_stream_begins_as_the_carrier_says(sid: str, call: str, parameters: dict[str, str]) -> None:
    carrier = TwilioWire(sid, call, "AC1", parameters)
    codec = TwilioCodec()
    assert codec.receive(str(carrier.begin()[0])) == []
    assert codec.receive(carrier.start()) == [Start(sid, call, "AC1", parameters)]


@given(st.lists(_PAYLOADS, min_size=1, max_size=4), st.sampled_from("0123456789*#ABCD"), _WORDS)
def test_what_the_carrier_writes_is_read(payloads: list[bytes], digit: str, name: str) -> None:
    codec, carrier = _pair()
    for number, payload in enumerate(payloads, 1):
        assert codec.receive(carrier.media(payload)) == [Media(payload, number)]
    assert codec.receive(carrier.dtmf(digit)) == [Dtmf(digit)]
    assert codec.receive(carrier.mark(name)) == [Mark(name)]
    assert [codec.receive(each) for each in carrier.stop()] == [[Stop()]]


@given(_WORDS, _PAYLOADS.filter(lambda payload: payload[:4] != b"RIFF"), _WORDS)
def test_what_we_write_the_carrier_reads(sid: str, payload: bytes, name: str) -> None:
    codec, carrier = _pair(sid)
    assert carrier.receive(codec.send_media(payload)) == PlayMedia(payload)
    assert carrier.receive(codec.send_mark(name)) == PlaceMark(name)
    assert carrier.receive(codec.send_clear()) == ClearBuffer()


def test_parameters_are_bounded() -> None:
    told = {f"{number}{'k' * 600}": "v" * 600 for number in range(40)}
    (start,) = TwilioCodec().receive(TwilioWire("MZ1", "CA1", "AC1", told).start())
    assert isinstance(start, Start)
    assert len(start.parameters) == MAX_PARAMETERS
    assert {len(value) for value in start.parameters.values()} == {MAX_PARAMETER_CHARS}


@pytest.mark.parametrize(
    "text",
    [
        " " * (MAX_TEXT_CHARS + 1),
        TwilioWire("MZ1", "CA1", "AC1").media(bytes(MAX_MEDIA_BYTES + 8)),
        '{"event":"start","streamSid":"MZ1","start":{"callSid":"' + "C" * 100 + '"}}',
        '{"event":"media","media":{"payload":"/w==","chunk":' + "9" * 30 + "}}",
        "[" * 60_000,
    ],
)
def test_what_is_too_large_is_refused_before_and_after_the_start(text: str) -> None:
    for codec in (TwilioCodec(), _pair()[0]):
        with pytest.raises(ProtocolError):
            codec.receive(text)
