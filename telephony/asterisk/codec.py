"""Take the messages of Asterisk's `chan_websocket` off the wire and put ours on it; no I/O.

Sound is binary; events and commands are text, either `NAME key:value …` or JSON. We answer as we are spoken to.
"""

import json
from collections.abc import Mapping
from typing import Any

from kit.errors import ProtocolError
from telephony.messages import Dtmf, Encoding, Hold, Mark, Media, Received, SoundFormat, Start
from telephony.wire import Wire, digit, parameters, text

MAX_TEXT_CHARS = 64 * 1024
MAX_MEDIA_BYTES = 65_500
_MAX_ID_CHARS = 256
_MAX_MARK_CHARS = 256
_FORMATS = {
    "ulaw": SoundFormat(),
    "slin": SoundFormat(Encoding.PCM16, 8000),
    "slin16": SoundFormat(Encoding.PCM16, 16_000),
    "slin24": SoundFormat(Encoding.PCM16, 24_000),
    "slin48": SoundFormat(Encoding.PCM16, 48_000),
}


class AsteriskCodec:
    """One channel: frames in, messages out; commands in, frames out."""

    def __init__(self) -> None:
        self._started = False
        self._json = True

    def receive(self, data: Wire) -> list[Received]:
        """Decode one WebSocket frame; events that say nothing to us give an empty list.

        Raises:
            ProtocolError: `asterisk.bad_frame`: neither form of an event, a field is missing, or sound before
                `MEDIA_START`; `asterisk.unsupported_format`.
        """
        if isinstance(data, bytes):
            return self._media(data)
        if len(data) > MAX_TEXT_CHARS:
            raise ProtocolError(f"asterisk: an event of {len(data)} characters", code="asterisk.bad_frame")
        try:
            is_json = data.lstrip().startswith("{")
            fields = json.loads(data) if is_json else _plain(data)
            return self._read(fields, is_json=is_json)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ProtocolError(f"asterisk: bad frame: {type(error).__name__}", code="asterisk.bad_frame") from error

    def _media(self, payload: bytes) -> list[Received]:
        if not self._started or len(payload) > MAX_MEDIA_BYTES:
            raise ProtocolError("asterisk: sound before its start, or too much", code="asterisk.bad_frame")
        return [Media(payload)] if payload else []

    def _read(self, fields: Mapping[str, Any], *, is_json: bool) -> list[Received]:
        match fields["event"]:
            case "MEDIA_START":
                return [self._start(fields, is_json=is_json)]
            case "DTMF_END":
                return [Dtmf(digit(fields["digit"]))]
            case "MEDIA_MARK_PROCESSED":
                name = fields.get("correlation_id")
                return [] if name is None else [Mark(text(name, _MAX_MARK_CHARS))]
            case "MEDIA_XOFF":
                return [Hold(on=True)]
            case "MEDIA_XON":
                return [Hold(on=False)]
            case _:
                return []

    def _start(self, fields: Mapping[str, Any], *, is_json: bool) -> Start:
        if self._started:
            raise ProtocolError("asterisk: a second start", code="asterisk.bad_frame")
        sound = _FORMATS.get(str(fields["format"]))
        if sound is None:
            raise ProtocolError("asterisk: use c(ulaw) or c(slin16)", code="asterisk.unsupported_format")
        channel = text(fields.get("channel_id") or fields["channel"], _MAX_ID_CHARS)
        connection = text(fields.get("connection_id") or channel, _MAX_ID_CHARS)
        start = Start(connection, channel, parameters=parameters(fields.get("channel_variables") or {}), sound=sound)
        self._started, self._json = True, is_json
        return start

    def send_media(self, payload: bytes) -> bytes:
        """Return the sound as it is."""
        return payload

    def send_mark(self, name: str) -> str:
        """Encode the wish to be told when everything sent so far has been played; a flush forgets it."""
        if self._json:
            return f'{{"command":"MARK_MEDIA","correlation_id":{json.dumps(name)}}}'
        return f"MARK_MEDIA {name}"

    def send_clear(self) -> str:
        """Encode the command that drops Asterisk's queue, marks and all."""
        return self._command("FLUSH_MEDIA")

    def hang_up(self) -> str:
        """Encode the end of the call."""
        return self._command("HANGUP")

    def _command(self, name: str) -> str:
        return f'{{"command":"{name}"}}' if self._json else name


def _plain(line: str) -> dict[str, str]:
    """Read `NAME key:value …`; a word without a colon is the correlation id, as older versions write it."""
    name, *words = line.split()
    fields = {"event": name}
    for word in words:
        key, colon, value = word.partition(":")
        named = bool(colon) and key.isidentifier()
        fields[key if named else "correlation_id"] = value if named else word
    return fields
