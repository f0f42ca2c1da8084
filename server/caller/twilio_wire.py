"""The carrier's side of Twilio Media Streams, as the simulated caller speaks it: strict about what it is sent.

It shares no code with `telephony/twilio`, so that a mistake there does not hide itself here.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from kit.errors import ProtocolError
from server.caller.wire import call_url

_FIELDS = {
    "media": {"event", "streamSid", "media"},
    "mark": {"event", "streamSid", "mark"},
    "clear": {"event", "streamSid"},
}


@dataclass(frozen=True, slots=True)
class PlayMedia:
    """Sound for the phone, µ-law at 8 kHz."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class PlaceMark:
    """To be echoed when all before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class ClearBuffer:
    """Drop what has not been played; echo all marks."""


def stream_url(server: str, flow: str) -> str:
    """Return the address of the media stream of `flow` on `server` (docs/telephony.md)."""
    parts = urlsplit(call_url(server, flow))
    return urlunsplit((parts.scheme, parts.netloc, f"/telephony/twilio/media/{quote(flow, safe='')}", "", ""))


Command = PlayMedia | PlaceMark | ClearBuffer


class CarrierWire:
    """One stream from the carrier's side: what it sends, numbered, and what it accepts."""

    def __init__(self, stream_sid: str, call_sid: str, account_sid: str) -> None:
        """Speak for a stream of these names."""
        self._stream_sid, self._call_sid, self._account_sid = stream_sid, call_sid, account_sid
        self._sequence = 0
        self._chunks = 0

    def connected(self) -> str:
        """Open the conversation."""
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, parameters: dict[str, str] | None = None) -> str:
        """Begin the stream."""
        return self._event(
            "start",
            start={
                "streamSid": self._stream_sid,
                "accountSid": self._account_sid,
                "callSid": self._call_sid,
                "tracks": ["inbound"],
                "customParameters": parameters or {},
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

    def stop(self) -> str:
        """End the stream."""
        return self._event("stop", stop={"accountSid": self._account_sid, "callSid": self._call_sid})

    def receive(self, data: str | bytes) -> Command:
        """Read what the server sent.

        Raises:
            ProtocolError: It is not a message that Twilio knows, to the letter.
        """
        if isinstance(data, bytes):
            raise ProtocolError("twilio: the server sent a binary frame")
        try:
            body = json.loads(data)
            if set(body) != _FIELDS[body["event"]]:
                raise ProtocolError(f"twilio: {body['event']} with the fields {sorted(body)}")
            if body["streamSid"] != self._stream_sid:
                raise ProtocolError("twilio: a message for another stream")
            return _command(body)
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(f"twilio: the server sent {data:.100}: {error!r}") from error

    def _event(self, event: str, **fields: Any) -> str:
        self._sequence += 1
        body = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self._stream_sid, **fields}
        return json.dumps(body)


def _command(body: dict[str, Any]) -> Command:
    match body["event"]:
        case "media":
            payload = base64.b64decode(body["media"]["payload"], validate=True)
            if not payload or payload[:4] == b"RIFF" or set(body["media"]) != {"payload"}:
                raise ValueError("media is raw µ-law, never empty, and nothing else")
            return PlayMedia(payload)
        case "mark":
            name = body["mark"]["name"]
            if not isinstance(name, str) or not name:
                raise ValueError("a mark has a name")
            return PlaceMark(name)
        case _:
            return ClearBuffer()
