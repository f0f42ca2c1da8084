"""Any text and any bytes are words or a `ProtocolError`, on every carrier; what its simulator writes is read."""

import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ProtocolError
from server.caller.phone_wire import ClearBuffer, PlaceMark, PlayMedia
from telephony.messages import Dtmf, Mark, Media, Received, SoundFormat, Start
from telephony.wire import MediaCodec, Wire
from tests.support.carriers.kinds import KINDS, Kind

_kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = [
    "event",
    "stream_sid",
    "streamSid",
    "media",
    "payload",
    "chunk",
    "start",
    "call_sid",
    "callSid",
    "mark",
    "name",
    "dtmf",
    "digit",
    "media_format",
    "encoding",
    "sample_rate",
    "custom_parameters",
    "stop",
    "streamId",
    "callId",
    "mediaFormat",
    "extra_headers",
    "format",
    "channel",
    "channel_id",
    "connection_id",
    "correlation_id",
    "channel_variables",
]
_NAMES = st.sampled_from(_FIELDS)
_EVENTS = st.sampled_from(
    [
        "media",
        "start",
        "stop",
        "dtmf",
        "mark",
        "connected",
        "x",
        "playedStream",
        "clearedAudio",
        "MEDIA_START",
        "DTMF_END",
        "MEDIA_MARK_PROCESSED",
        "MEDIA_XOFF",
        "MEDIA_XON",
    ]
)
_WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='\\"'), min_size=1, max_size=40)


def _started(kind: Kind) -> tuple[MediaCodec, Start]:
    codec = kind.carrier.new_codec()
    (start,) = [message for wire in kind.new_wire().begin() for message in codec.receive(wire)]
    assert isinstance(start, Start)
    return codec, start


def _survives(codec: MediaCodec, wire: Wire) -> list[Received]:
    with contextlib.suppress(ProtocolError):
        return codec.receive(wire)
    return []


def _both(kind: Kind) -> tuple[Callable[[], MediaCodec], ...]:
    return kind.carrier.new_codec, lambda: _started(kind)[0]


@_kinds
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_anything_is_words_or_a_protocol_error(kind: Kind, wire: Wire) -> None:
    for new in _both(kind):
        _survives(new(), wire)


@_kinds
@given(_EVENTS, st.dictionaries(_NAMES, _VALUES | st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=6))
def test_any_object_is_words_or_a_protocol_error(kind: Kind, event: str, body: dict[str, object]) -> None:
    for new in _both(kind):
        _survives(new(), json.dumps({**body, "event": event}))


@_kinds
@given(_EVENTS, st.lists(st.tuples(_NAMES, _WORDS), max_size=5))
def test_any_plain_line_is_words_or_a_protocol_error(kind: Kind, event: str, fields: list[tuple[str, str]]) -> None:
    line = " ".join((event, *(f"{key}:{value}" for key, value in fields)))
    for new in _both(kind):
        _survives(new(), line)


@_kinds
def test_the_start_says_what_the_carrier_speaks(kind: Kind) -> None:
    _, start = _started(kind)
    sound = kind.new_wire().sound
    assert (start.sound.rate_hz, start.sound.bytes_per_sample == 1) == (sound.rate_hz, sound.is_mulaw)
    assert start.call_id


@_kinds
@given(st.binary(min_size=2, max_size=400), st.sampled_from("0123456789*#ABCD"), _WORDS)
def test_what_the_carrier_writes_is_read(kind: Kind, payload: bytes, digit: str, name: str) -> None:
    codec, _ = _started(kind)
    wire = kind.new_wire()
    (media,) = codec.receive(wire.media(payload))
    assert isinstance(media, Media)
    assert media.payload == payload
    assert codec.receive(wire.dtmf(digit)) == [Dtmf(digit)]
    if kind.carrier.traits.marks:
        assert codec.receive(wire.mark(name)) == [Mark(name)]


@_kinds
@given(st.integers(5, 30), _WORDS)
def test_what_we_write_the_carrier_reads(kind: Kind, times: int, name: str) -> None:
    codec, wire = _started(kind)[0], kind.new_wire()
    payload = bytes(range(64)) * (10 * times if kind.carrier.traits.clears else 5)
    assert wire.receive(codec.send_media(payload)) == PlayMedia(payload)
    if kind.carrier.traits.marks:
        assert wire.receive(codec.send_mark(name)) == PlaceMark(name)
        assert wire.receive(codec.send_clear()) == ClearBuffer()


@_kinds
def test_what_is_too_large_is_refused(kind: Kind) -> None:
    for new in _both(kind):
        for wire in (" " * 300_000, b"\x10" * 100_000, "{" * 60_000):
            with pytest.raises(ProtocolError):
                new().receive(wire)


def test_exotel_media_format_overrides_default() -> None:
    """Raw samples at 8 kHz unless the start says otherwise."""
    formats = {name: _started(KINDS[name])[1].sound for name in KINDS if name.startswith("exotel")}
    assert formats["exotel, µ-law"] == SoundFormat()
    assert formats["exotel, 24 kHz"].rate_hz == 24_000
    told = json.loads(str(KINDS["exotel, 24 kHz"].new_wire().begin()[1]))
    del told["start"]["media_format"]
    (start,) = KINDS["exotel, 24 kHz"].carrier.new_codec().receive(json.dumps(told))
    assert isinstance(start, Start)
    assert start.sound == formats["exotel, 8 kHz"]


def test_exotel_both_casings() -> None:
    """A stream is answered in the casing in which it was begun."""
    for name, field in (("exotel, 8 kHz", "stream_sid"), ("exotel, 16 kHz, camel case", "streamSid")):
        codec, _ = _started(KINDS[name])
        for wire in (codec.send_media(b"\0" * 3200), codec.send_mark("m"), codec.send_clear()):
            assert json.loads(wire)[field] == "stream-1"
