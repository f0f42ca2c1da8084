"""What a carrier is to us: a pure codec and a row of traits; and how to read strangers' JSON without surprise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from telephony.messages import Received

Wire = str | bytes
"""One message: a text frame, or a binary one."""

MAX_PARAMETERS = 32
MAX_PARAMETER_CHARS = 512
_MAX_NUMBER_CHARS = 15
_DIGITS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class Traits:
    """What one carrier can do; the engine makes up for the rest (docs/adr/0024).

    Attributes:
        carrier: Its name, in records.
        lead_ms: How far ahead of real time it may be sent sound; pieces come on top.
        marks: It echoes marks; elsewhere the pacing clock tells what was heard.
        clears: It drops what it has buffered when told; elsewhere the lead is short enough to do without.
        piece_samples: Sound is sent in pieces of at least so much, whole multiples of `slice_samples`; 0: as it comes.
        max_media_bytes: The most sound in one message.
        silent_line_s: After so long without any message the socket is dead; None: silence proves nothing.
    """

    carrier: str
    lead_ms: int = 80  # hides a stall of the loop; what is buffered beyond it would be heard after a pause
    marks: bool = True
    clears: bool = True
    piece_samples: int = 0
    slice_samples: int = 160
    max_media_bytes: int = 32 * 1024
    silent_line_s: float | None = 30.0


class MediaCodec(Protocol):
    """One stream's wire: messages in, words out; commands in, messages out. No I/O, no clock."""

    def receive(self, data: Wire) -> list[Received]:
        """Decode one message; what is unknown gives an empty list.

        Raises:
            ProtocolError: It is not what this carrier may send.
        """

    def send_media(self, payload: bytes) -> Wire:
        """Encode sound of the stream's format, to be played after what is buffered."""

    def send_mark(self, name: str) -> Wire:
        """Encode the wish to be told when everything sent so far has been played; never called without marks."""

    def send_clear(self) -> Wire:
        """Encode the command that drops what is buffered; never called for a carrier that cannot."""

    def hang_up(self) -> Wire | None:
        """Encode the end of the call; None where closing the socket says it."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """What a connection needs to know to run a carrier's streams.

    Attributes:
        new_codec: Makes the codec of one stream.
        subprotocol: Of its WebSockets.
    """

    traits: Traits
    new_codec: Callable[[], MediaCodec]
    subprotocol: str | None = None


def number(value: Any) -> int:
    """Read a number, which carriers write as a string of digits or as a number.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_MAX_NUMBER_CHARS:
        return value
    if isinstance(value, str) and len(value) <= _MAX_NUMBER_CHARS and value.isascii() and value.isdecimal():
        return int(value)
    raise ValueError("not a number")


def text(value: Any, longest: int, *, empty: bool = False) -> str:
    """Read a bounded text.

    Raises:
        ValueError: It is none, it is too long, or we could not write it again (half of a surrogate pair).
    """
    if not isinstance(value, str) or len(value) > longest or not (value or empty):
        raise ValueError("not a text, or too long a one")
    value.encode()
    return value


def digit(value: Any) -> str:
    """Read a telephone key.

    Raises:
        ValueError: There is no such key.
    """
    key = str(value)
    if key not in _DIGITS:
        raise ValueError("not a key")
    return key


def parameters(told: Mapping[Any, Any]) -> dict[str, str]:
    """Read what somebody had passed on, bounded in number and length.

    Raises:
        ValueError: A name is empty, or something cannot be written again.
    """
    kept = list(told.items())[:MAX_PARAMETERS]
    longest = MAX_PARAMETER_CHARS
    return {text(str(key)[:longest], longest): text(str(value)[:longest], longest, empty=True) for key, value in kept}
