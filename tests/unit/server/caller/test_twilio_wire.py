import json

import pytest

from kit.errors import ProtocolError
from server.caller.phone_wire import stream_url
from server.caller.twilio_wire import TwilioWire


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00",
        "hello",
        '{"event":"media"}',
        '{"event":"weather","streamSid":"MZ1"}',
        '{"event":"clear","streamSid":"MZ2"}',
        '{"event":"clear","streamSid":"MZ1","more":1}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":""}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"UklGRg=="}}',
        '{"event":"media","streamSid":"MZ1","media":{"payload":"/w==","track":"outbound"}}',
        '{"event":"mark","streamSid":"MZ1","mark":{"name":""}}',
    ],
)
def test_what_twilio_would_not_take_is_refused(sent: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        TwilioWire("MZ1", "CA1", "AC1").receive(sent)


def test_messages_are_numbered_as_strings() -> None:
    wire = TwilioWire("MZ1", "CA1", "AC1")
    start, first, second = (json.loads(text) for text in (wire.start(), wire.media(b"a"), wire.media(b"b")))
    assert [each["sequenceNumber"] for each in (start, first, second)] == ["1", "2", "3"]
    assert [each["media"]["chunk"] for each in (first, second)] == ["1", "2"]
    assert second["media"]["timestamp"] == "20"


def test_the_address_of_a_stream_has_no_query() -> None:
    assert stream_url("exotel", "http://127.0.0.1:8000", "a b") == "ws://127.0.0.1:8000/telephony/exotel/flow/a%20b"
