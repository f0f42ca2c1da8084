"""The carrier's side of an Exotel Voicebot stream, in either casing and at each of its rates."""

import base64
import json
from typing import Any

from kit.errors import ProtocolError
from server.caller.phone_wire import Command, LineSound, PlayMedia, Wire, command_of, read_command, strictly

_SLICE_BYTES, _MOST_BYTES = 320, 100_000
_LEAST_SAMPLES = 1600  # 3,200 bytes of PCM
_ENCODINGS = {False: "audio/x-raw", True: "audio/x-mulaw"}


class ExotelWire:
    """One stream from the carrier's side; a piece of sound that its documentation forbids is refused."""

    echoes_dropped_marks = True
    subprotocol: str | None = None

    def __init__(
        self,
        stream_sid: str,
        call_sid: str,
        account_sid: str,
        *,
        sound: LineSound | None = None,
        camel: bool = False,
        tells_format: bool = True,
    ) -> None:
        """Speak for a stream of these names."""
        self.sound = sound or exotel_sound()
        self._stream_sid, self._call_sid, self._account_sid = stream_sid, call_sid, account_sid
        self._camel, self._tells_format = camel, tells_format
        self._sequence = 0
        self._chunks = 0

    def begin(self) -> list[Wire]:
        """Open the conversation, then begin the stream."""
        return [json.dumps({"event": "connected"}), self.start()]

    def start(self) -> str:
        """Begin the stream."""
        about = {
            "stream_sid": self._stream_sid,
            "call_sid": self._call_sid,
            "account_sid": self._account_sid,
            "from": "+919900000001",
            "to": "+918000000002",
            "custom_parameters": {"campaign": "7"},
        }
        if self._tells_format:
            rate = str(self.sound.rate_hz)
            form = {"encoding": _ENCODINGS[self.sound.is_mulaw], "sample_rate": rate, "bit_rate": "16"}
            about["media_format"] = form
        return self._event("start", start=self._cased(about))

    def media(self, payload: bytes) -> str:
        """Send 100 ms of the caller's voice."""
        self._chunks += 1
        told = {
            "chunk": str(self._chunks + 1),
            "timestamp": str(self._chunks * 100),
            "payload": base64.b64encode(payload).decode(),
        }
        return self._event("media", media=told)

    def dtmf(self, digit: str) -> str:
        """Press a key."""
        return self._event("dtmf", dtmf={"digit": digit, "duration": "100"})

    def mark(self, name: str) -> str:
        """Echo a mark."""
        return self._event("mark", mark={"name": name})

    def stop(self) -> list[Wire]:
        """End the stream: the caller has gone."""
        about = {"call_sid": self._call_sid, "account_sid": self._account_sid, "reason": "callended"}
        return [self._event("stop", stop=self._cased(about))]

    def queued(self, seconds: float) -> list[Wire]:
        """Say nothing of the queue."""
        del seconds
        return []

    def receive(self, data: Wire) -> Command:
        """See the port."""
        body = read_command("exotel", data, self._name("stream_sid"), self._stream_sid)
        command = strictly("exotel", data, lambda: command_of(body))
        if isinstance(command, PlayMedia):
            self._check_piece(len(command.payload))
        return command

    def _check_piece(self, size: int) -> None:
        least = _LEAST_SAMPLES * (1 if self.sound.is_mulaw else 2)
        if size % _SLICE_BYTES or not least <= size <= _MOST_BYTES:
            raise ProtocolError(f"exotel: a piece of {size} bytes")

    def _event(self, event: str, **fields: Any) -> str:
        self._sequence += 1
        body = {"event": event, "sequence_number": str(self._sequence), "stream_sid": self._stream_sid, **fields}
        return json.dumps(self._cased(body))

    def _cased(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {
            self._name(key): self._cased(value) if isinstance(value, dict) else value for key, value in fields.items()
        }

    def _name(self, snake: str) -> str:
        first, *rest = snake.split("_")
        return first + "".join(word.title() for word in rest) if self._camel else snake


def exotel_sound(rate_hz: int = 8000, *, is_mulaw: bool = False) -> LineSound:
    """Return Exotel's sound: 100 ms at a time; a flood of 4 s ends the call."""
    return LineSound(rate_hz, is_mulaw, frame_s=0.1, most_buffered_s=4.0)
