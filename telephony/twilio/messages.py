"""The words of Twilio Media Streams, for a bidirectional stream (`<Connect><Stream>`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


# --- Twilio to us ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is open; the stream is not."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins.

    Attributes:
        parameters: What `<Parameter>` of the TwiML said, bounded in number and length.
    """

    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Media:
    """Sound of the caller.

    Attributes:
        payload: µ-law, 8 kHz, mono; usually 160 bytes, 20 ms.
        chunk: Counts this stream's media messages from 1; None if it was not told.
    """

    payload: bytes
    chunk: int | None = None


@dataclass(frozen=True, slots=True)
class Dtmf:
    """The caller pressed a key: one of `0`-`9`, `*`, `#`, `A`-`D`."""

    digit: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything queued before the mark of this name has been played, or dropped by a clear."""

    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream is over: the caller hung up, or the call went elsewhere."""


Received = Connected | Start | Media | Dtmf | Mark | Stop
