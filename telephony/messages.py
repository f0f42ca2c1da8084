"""What every carrier's media wire comes down to; each codec reads its dialect into these words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Encoding(StrEnum):
    """How sound is written."""

    MULAW = "mulaw"
    PCM16 = "pcm16"  # little-endian


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """The sound of one stream, mono, both ways."""

    encoding: Encoding = Encoding.MULAW
    rate_hz: int = 8000

    @property
    def bytes_per_sample(self) -> int:
        """How many bytes one sample takes on the wire."""
        return 1 if self.encoding is Encoding.MULAW else 2


PHONE = SoundFormat()
"""What a telephone network carries: µ-law at 8 kHz."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins.

    Attributes:
        call_id: The carrier's name of the call.
        parameters: What was told to pass on to us, bounded in number and length.
        caller: The number that calls, as the carrier writes it; empty if it was not told.
        called: The number that was called, likewise.
    """

    stream_id: str
    call_id: str
    account_id: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    sound: SoundFormat = PHONE
    caller: str = ""
    called: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """Sound of the caller, in the stream's format.

    Attributes:
        chunk: Counts this stream's pieces; None if it was not told.
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
class Hold:
    """The carrier's queue is full (`on`), or has room again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream is over: the caller hung up, or the call went elsewhere."""


Received = Start | Media | Dtmf | Mark | Hold | Stop
