"""What is changed in session descriptions on their way in and out; pure text."""

import re

from kit.errors import InputError

MAX_BYTES = 64 * 1024
MAX_CANDIDATES = 64  # each is an address that we would send packets to
MAX_SECTIONS = 8  # of media: sound, pictures, messages; each may open sockets of its own
# The peer sends the frame before again, coarsely, in each packet; above 8 kHz of sound nothing is of use to us.
_WISHES = "useinbandfec=1;minptime=10;stereo=0;maxplaybackrate=16000"


def checked_offer(sdp: str) -> str:
    """Return an offer as it is applied.

    Names that only multicast can resolve are left out: the peer's own checks tell its address sooner. So is the end of
    the candidates: who sends none at all is still found by its checks.

    Raises:
        InputError: `webrtc.bad_offer`: too large, too many candidates or sections, or without sound.
    """
    if len(sdp) > MAX_BYTES:
        raise InputError("The offer is too large.", code="webrtc.bad_offer")
    lines = [line.rstrip("\r") for line in sdp.split("\n") if line.strip()]
    if sum(line.startswith("a=candidate:") for line in lines) > MAX_CANDIDATES:
        raise InputError("The offer has too many candidates.", code="webrtc.bad_offer")
    if sum(line.startswith("m=") for line in lines) > MAX_SECTIONS:
        raise InputError("The offer has too many media sections.", code="webrtc.bad_offer")
    if not any(line.startswith("m=audio ") for line in lines):
        raise InputError("The offer has no sound.", code="webrtc.bad_offer")
    kept = [line for line in lines if not _is_left_out(line)]
    return "\r\n".join(kept) + "\r\n"


def is_named(candidate: str) -> bool:
    """Say whether a candidate's address is a name for multicast."""
    parts = candidate.split()
    return len(parts) > 4 and parts[4].lower().endswith(".local")


def ice_user(sdp: str) -> str | None:
    """Return the name of an offer's ICE session: with another one, the peer wants to begin anew."""
    found = re.search(r"^a=ice-ufrag:(\S+)", sdp, re.MULTILINE)
    return found[1] if found else None


def with_wishes(answer: str) -> str:
    """Return our answer with what we would like of the peer's Opus."""
    numbers = re.findall(r"^a=rtpmap:(\d+) opus/48000/2", answer, re.MULTILINE | re.IGNORECASE)
    for number in numbers:
        answer = re.sub(rf"^a=fmtp:{number} .*\r\n", "", answer, flags=re.MULTILINE)
        answer = re.sub(
            rf"^(a=rtpmap:{number} .*)\r\n", rf"\1\r\na=fmtp:{number} {_WISHES}\r\n", answer, flags=re.MULTILINE
        )
    return answer


def _is_left_out(line: str) -> bool:
    return line == "a=end-of-candidates" or (line.startswith("a=candidate:") and is_named(line))
