"""The carrier's side of Twilio Media Streams."""

import base64
import json
from typing import Any

from server.caller.phone_wire import Command, LineSound, Wire, command_of, read_command, strictly


class TwilioWire:
    """One stream from the carrier's side: what it sends, numbered, and what it accepts."""

    sound = LineSound()
    echoes_dropped_marks = True
    subprotocol: str | None = None

    def __init__(
        self, stream_sid: str, call_sid: str, account_sid: str, parameters: dict[str, str] | None = None
    ) -> None:
        """Speak for a stream of these names."""
        self._stream_sid, self._call_sid, self._account_sid = stream_sid, call_sid, account_sid
        self._parameters = parameters or {}
        self._sequence = 0
        self._chunks = 0

    def begin(self) -> list[Wire]:
        """Open the conversation, then begin the stream."""
        return [json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}), self.start()]

    def start(self) -> str:
        """Begin the stream."""
        return self._event(
            "start",
            start={
                "streamSid": self._stream_sid,
                "accountSid": self._account_sid,
                "callSid": self._call_sid,
                "tracks": ["inbound"],
                "customParameters": self._parameters,
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            },
        )

    def media(self, payload: bytes) -> str:
        """Send 20 ms of the caller's voice."""
        self._chunks += 1
        told = {
            "track": "inbound",
            "chunk": str(self._chunks),
            "timestamp": str((self._chunks - 1) * 20),
            "payload": base64.b64encode(payload).decode(),
        }
        return self._event("media", media=told)

    def dtmf(self, digit: str) -> str:
        """Press a key."""
        return self._event("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        """Echo a mark."""
        return self._event("mark", mark={"name": name})

    def stop(self) -> list[Wire]:
        """End the stream."""
        return [self._event("stop", stop={"accountSid": self._account_sid, "callSid": self._call_sid})]

    def queued(self, seconds: float) -> list[Wire]:
        """Say nothing of the queue."""
        del seconds
        return []

    def receive(self, data: Wire) -> Command:
        """See the port."""
        body = read_command("twilio", data, "streamSid", self._stream_sid)
        return strictly("twilio", data, lambda: command_of(body))

    def _event(self, event: str, **fields: Any) -> str:
        self._sequence += 1
        body = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self._stream_sid, **fields}
        return json.dumps(body)
