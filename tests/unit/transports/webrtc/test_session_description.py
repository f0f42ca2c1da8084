"""What is changed in session descriptions."""

import pytest

from kit.errors import InputError
from transports.webrtc.session_description import MAX_BYTES, checked_offer, ice_user, with_wishes

OFFER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:abcd\r\n"
HOST = "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host"
NAMED = "a=candidate:1 1 udp 1 0f-1e.local 5000 typ host"


def test_names_for_multicast_and_the_end_of_candidates_are_left_out() -> None:
    assert checked_offer(f"{OFFER}{HOST}\r\n{NAMED}\na=end-of-candidates\n") == f"{OFFER}{HOST}\r\n"


@pytest.mark.parametrize("offer", ["", "v=0\r\n", "x" * (MAX_BYTES + 1), OFFER + f"{HOST}\r\n" * 65, OFFER * 9])
def test_what_cannot_be_a_call_is_refused(offer: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_offer(offer)
    assert caught.value.code == "webrtc.bad_offer"


def test_the_answer_asks_for_error_correction() -> None:
    answer = "m=audio 9\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\na=rtpmap:0 PCMU/8000\r\n"
    changed = with_wishes(answer).split("\r\n")
    assert changed[2].startswith("a=fmtp:111 useinbandfec=1;")
    assert changed[1::2] == ["a=rtpmap:111 opus/48000/2", "a=rtpmap:0 PCMU/8000"]


def test_an_ice_session_has_a_name() -> None:
    assert ice_user(OFFER) == "abcd"
    assert ice_user("v=0\r\n") is None
