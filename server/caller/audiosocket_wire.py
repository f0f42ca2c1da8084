"""Asterisk's side of an AudioSocket."""

import uuid

from kit.errors import ProtocolError
from server.caller.phone_wire import Command, HangUp, LineSound, PlayMedia, Wire


class AudioSocketWire:
    """One connection from Asterisk's side: 20 ms at a time, in one piece."""

    sound = LineSound(is_mulaw=False, most_buffered_s=0.1)  # nothing can be taken back
    echoes_dropped_marks = False
    subprotocol: str | None = None

    def __init__(self, name: str) -> None:
        """Name the call by its UUID."""
        self._name = uuid.UUID(name)

    def begin(self) -> list[Wire]:
        """Say which call it is."""
        return [_frame(0x01, self._name.bytes)]

    def media(self, payload: bytes) -> bytes:
        """Send 20 ms of the caller's voice."""
        return _frame(0x10, payload)

    def dtmf(self, digit: str) -> bytes:
        """Press a key."""
        return _frame(0x03, digit.encode())

    def mark(self, name: str) -> bytes:
        """Have none."""
        raise ProtocolError(f"audiosocket: there are no marks: {name}")

    def stop(self) -> list[Wire]:
        """Say nothing: the connection closes."""
        return []

    def queued(self, seconds: float) -> list[Wire]:
        """Say nothing of the queue."""
        del seconds
        return []

    def receive(self, data: Wire) -> Command:
        """See the port."""
        if isinstance(data, str) or len(data) < 3 or len(data) != 3 + int.from_bytes(data[1:3], "big"):
            raise ProtocolError(f"audiosocket: no frame: {data!r:.40}")
        match data[0], len(data) - 3:
            case 0x10, 320:
                return PlayMedia(data[3:])
            case 0x00, 0:
                return HangUp()
            case kind, size:
                raise ProtocolError(f"audiosocket: a frame of kind {kind} and {size} bytes")


def _frame(kind: int, payload: bytes) -> bytes:
    return bytes((kind,)) + len(payload).to_bytes(2, "big") + payload
