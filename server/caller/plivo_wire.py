"""The carrier's side of a Plivo audio stream."""

import base64
import json
from typing import Any

from kit.errors import ProtocolError
from server.caller.phone_wire import ClearBuffer, Command, LineSound, PlaceMark, PlayMedia, Wire, strictly

# A stream may be named with sound, and must be elsewhere.
_FIELDS = {"playAudio": {"media"}, "checkpoint": {"streamId", "name"}, "clearAudio": {"streamId"}}
_SOUND = {"contentType": "audio/x-mulaw", "sampleRate": 8000}


class PlivoWire:
    """One stream from the carrier's side: what it sends, numbered, and what it accepts."""

    sound = LineSound()
    echoes_dropped_marks = False
    subprotocol: str | None = "audio.plivo.com"

    def __init__(self, stream_id: str, call_id: str, account_id: str) -> None:
        """Speak for a stream of these names."""
        self._stream_id, self._call_id, self._account_id = stream_id, call_id, account_id
        self._sequence = 0
        self._chunks = 0

    def begin(self) -> list[Wire]:
        """Begin the stream: nothing comes before that."""
        about = {
            "callId": self._call_id,
            "streamId": self._stream_id,
            "accountId": self._account_id,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000},
        }
        return [json.dumps({"sequenceNumber": 0, "event": "start", "start": about, "extra_headers": "{}"})]

    def media(self, payload: bytes) -> str:
        """Send 20 ms of the caller's voice."""
        self._chunks += 1
        told = {
            "track": "inbound",
            "timestamp": str(self._chunks * 20),
            "chunk": self._chunks,
            "payload": base64.b64encode(payload).decode(),
        }
        return self._event("media", media=told)

    def dtmf(self, digit: str) -> str:
        """Press a key."""
        return self._event("dtmf", dtmf={"track": "inbound", "digit": digit, "timestamp": str(self._chunks * 20)})

    def mark(self, name: str) -> str:
        """Say that all before a checkpoint has been played."""
        return self._event("playedStream", name=name)

    def stop(self) -> list[Wire]:
        """Say nothing: the socket closes when the caller hangs up."""
        return []

    def queued(self, seconds: float) -> list[Wire]:
        """Say nothing of the queue."""
        del seconds
        return []

    def receive(self, data: Wire) -> Command:
        """See the port."""
        if isinstance(data, bytes):
            raise ProtocolError("plivo: the server sent a binary frame")
        return strictly("plivo", data, lambda: self._command(json.loads(data)))

    def _command(self, body: dict[str, Any]) -> Command:
        event = body["event"]
        if body.keys() | {"streamId"} != {"event", "streamId", *_FIELDS[event]}:
            raise ValueError("other fields")
        if body.get("streamId", None if "streamId" in _FIELDS[event] else self._stream_id) != self._stream_id:
            raise ValueError("another stream")
        match event:
            case "playAudio":
                media = dict(body["media"])
                payload = base64.b64decode(media.pop("payload"), validate=True)
                if not payload or media != _SOUND:
                    raise ValueError("sound is µ-law at 8 kHz, never empty")
                return PlayMedia(payload)
            case "checkpoint" if isinstance(body["name"], str) and body["name"]:
                return PlaceMark(body["name"])
            case "clearAudio":
                return ClearBuffer()
            case _:
                raise ValueError("a checkpoint has a name")

    def _event(self, event: str, **fields: Any) -> str:
        self._sequence += 1
        body = {"sequenceNumber": self._sequence, "event": event, "streamId": self._stream_id, **fields}
        return json.dumps(body)
