"""Take AudioSocket frames off the wire and put ours on it; no I/O.

A frame is its kind (one byte), the length of its payload (two, big end first), and the payload.
"""

import struct
import uuid

from kit.errors import ProtocolError
from telephony.messages import Dtmf, Encoding, Media, Received, SoundFormat, Start, Stop
from telephony.wire import Wire, digit

HEAD_BYTES = 3
_HANG_UP, _UUID, _DTMF, _ERROR, _SOUND = 0x00, 0x01, 0x03, 0xFF, 0x10
_SOUNDS = range(0x10, 0x19)  # the others are wider than a phone; `chan_websocket` carries those
_SOUND_FORMAT = SoundFormat(Encoding.PCM16, 8000)


def length_of(head: bytes) -> int:
    """Return how many bytes follow a frame's first three."""
    return int.from_bytes(head[1:HEAD_BYTES], "big")


class AudioSocketCodec:
    """One connection: whole frames in, messages out; commands in, frames out. It has neither marks nor a clear."""

    def __init__(self) -> None:
        self._started = False

    def receive(self, data: Wire) -> list[Received]:
        """Decode one frame; unknown kinds give an empty list.

        Raises:
            ProtocolError: `audiosocket.bad_frame`: cut short, no UUID first, or no key;
                `audiosocket.unsupported_format`.
        """
        if isinstance(data, str) or len(data) < HEAD_BYTES or len(data) != HEAD_BYTES + length_of(data):
            raise ProtocolError("audiosocket: no whole frame", code="audiosocket.bad_frame")
        kind, payload = data[0], data[HEAD_BYTES:]
        if (kind == _UUID) == self._started:
            raise ProtocolError("audiosocket: the UUID comes first, and once", code="audiosocket.bad_frame")
        try:
            return self._read(kind, payload)
        except ValueError as error:
            raise ProtocolError("audiosocket: bad frame", code="audiosocket.bad_frame") from error

    def _read(self, kind: int, payload: bytes) -> list[Received]:
        if kind == _UUID:
            told = str(uuid.UUID(bytes=payload))
            self._started = True
            return [Start(told, told, sound=_SOUND_FORMAT)]
        if kind == _SOUND:
            return [Media(payload)] if payload else []
        if kind in _SOUNDS:
            raise ProtocolError("audiosocket: only 8 kHz", code="audiosocket.unsupported_format")
        if kind == _DTMF:
            return [Dtmf(digit(payload.decode("ascii")))]
        return [Stop()] if kind in (_HANG_UP, _ERROR) else []

    def send_media(self, payload: bytes) -> bytes:
        """Encode sound."""
        return struct.pack(">BH", _SOUND, len(payload)) + payload

    def send_mark(self, name: str) -> bytes:
        """Have none."""
        raise AssertionError(f"there are no marks on this wire: {name}")

    def send_clear(self) -> bytes:
        """Have none."""
        raise AssertionError("there is no clear on this wire")

    def hang_up(self) -> bytes:
        """Encode the end; the dialplan goes on."""
        return bytes((_HANG_UP, 0, 0))
