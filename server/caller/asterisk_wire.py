"""The carrier's side of Asterisk's WebSocket channel, in either form of its control messages."""

import json

from kit.errors import ProtocolError
from server.caller.phone_wire import ClearBuffer, Command, HangUp, LineSound, PlaceMark, PlayMedia, Wire, strictly

_MOST_BYTES = 65_500  # above it the socket closes and the call is hung up
_XOFF_S, _XON_S = 18.0, 16.0  # 900 and 800 frames of 20 ms
_FORMATS = {(True, 8000): "ulaw", (False, 8000): "slin", (False, 16_000): "slin16"}


class AsteriskWire:
    """One channel from Asterisk's side; what would be cut off or dropped in silence is refused."""

    echoes_dropped_marks = False
    subprotocol: str | None = "media"

    def __init__(self, channel_id: str, *, sound: LineSound | None = None, plain: bool = False) -> None:
        """Speak for a channel of this name."""
        self.sound = sound or LineSound()
        self._channel_id, self._plain = channel_id, plain
        self._frame_bytes = self.sound.bytes_per_s // 50
        self._off = False

    def begin(self) -> list[Wire]:
        """Say what the channel's sound is."""
        return [
            self._event(
                "MEDIA_START",
                connection_id=f"connection-{self._channel_id}",
                channel="WebSocket/agentserver/0x1",
                channel_id=self._channel_id,
                format=_FORMATS[self.sound.is_mulaw, self.sound.rate_hz],
                optimal_frame_size=self._frame_bytes,
                ptime=20,
            )
        ]

    def media(self, payload: bytes) -> bytes:
        """Send 20 ms of the caller's voice."""
        return payload

    def dtmf(self, digit: str) -> str:
        """Press a key."""
        return self._event("DTMF_END", channel_id=self._channel_id, digit=digit)

    def mark(self, name: str) -> str:
        """Echo a mark."""
        return self._event("MEDIA_MARK_PROCESSED", channel_id=self._channel_id, correlation_id=name)

    def stop(self) -> list[Wire]:
        """Say nothing: the socket closes."""
        return []

    def queued(self, seconds: float) -> list[Wire]:
        """Ask for less, or for more again."""
        if self._off == (seconds >= _XON_S if self._off else seconds >= _XOFF_S):
            return []
        self._off = not self._off
        return [self._event("MEDIA_XOFF" if self._off else "MEDIA_XON", channel_id=self._channel_id)]

    def receive(self, data: Wire) -> Command:
        """See the port."""
        if isinstance(data, bytes):
            if not data or len(data) > _MOST_BYTES or len(data) % self._frame_bytes:
                raise ProtocolError(f"asterisk: {len(data)} bytes of sound in one message")
            return PlayMedia(data)
        return strictly("asterisk", data, lambda: self._command(data))

    def _command(self, text: str) -> Command:
        body = {"command": text} if self._plain else json.loads(text)
        name, _, tail = str(body["command"]).partition(" ")
        mark = tail or body.get("correlation_id", "")
        match name, set(body) - {"command", "correlation_id"}:
            case "MARK_MEDIA", extra if mark and not extra:
                return PlaceMark(str(mark))
            case "FLUSH_MEDIA", extra if not mark and not extra:
                return ClearBuffer()
            case "HANGUP", extra if not mark and not extra:
                return HangUp()
            case _:
                raise ProtocolError(f"asterisk: the command {text:.60}")

    def _event(self, event: str, **fields: object) -> str:
        if not self._plain:
            return json.dumps({"event": event, **fields})
        return " ".join((event, *(f"{key}:{value}" for key, value in fields.items())))
