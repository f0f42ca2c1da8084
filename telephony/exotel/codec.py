"""Take Exotel's messages off the wire and put ours on it; no I/O.

It writes fields in snake case or in camel case, and is answered alike.
"""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from typing import Any

from kit.errors import ProtocolError
from telephony.messages import Dtmf, Encoding, Mark, Media, Received, SoundFormat, Start, Stop
from telephony.wire import Wire, digit, number, parameters, text

MAX_TEXT_CHARS = 256 * 1024
MAX_MEDIA_BYTES = 128 * 1024
_MAX_ID_CHARS = 128
_MAX_MARK_CHARS = 256
_MULAW = frozenset({"audio/x-mulaw", "audio/mulaw", "mulaw", "ulaw", "pcmu"})
_PCM16 = frozenset({"audio/x-raw", "raw", "audio/x-l16", "audio/l16", "l16", "linear16", "slin", "pcm", "base64"})
_RATES_HZ = (8000, 16_000, 24_000)


class ExotelCodec:
    """One stream: text frames in, messages out; commands in, text frames out."""

    def __init__(self) -> None:
        self._stream_id: str | None = None
        self._head = ""  # of a command: whose stream it is for, in the casing that was received

    def receive(self, data: Wire) -> list[Received]:
        """Decode one WebSocket text frame; unknown events and empty sound give an empty list.

        Raises:
            ProtocolError: `exotel.bad_frame`: not JSON, or a field is missing or not what the event requires;
                `exotel.other_stream`; `exotel.unsupported_format`.
        """
        if isinstance(data, bytes) or len(data) > MAX_TEXT_CHARS:
            raise ProtocolError(f"exotel: no text, or one of {len(data)} characters", code="exotel.bad_frame")
        try:
            return self._read(json.loads(data))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ProtocolError(f"exotel: bad frame: {type(error).__name__}", code="exotel.bad_frame") from error

    def _read(self, message: dict[str, Any]) -> list[Received]:
        event = message["event"]
        if event in ("media", "dtmf", "mark", "stop"):
            of = _either(message, "stream_sid", self._stream_id)
            if of != self._stream_id or self._stream_id is None:
                raise ProtocolError(f"exotel: {event} of another stream", code="exotel.other_stream")
        match event:
            case "media":
                return _media(message["media"])
            case "mark":
                return [Mark(text(message["mark"]["name"], _MAX_MARK_CHARS))]
            case "dtmf":
                return [Dtmf(digit(message["dtmf"]["digit"]))]
            case "start":
                return [self._start(message)]
            case "stop":
                return [Stop()]
            case _:
                return []

    def _start(self, message: Mapping[str, Any]) -> Start:
        if self._stream_id is not None:
            raise ProtocolError("exotel: a second start", code="exotel.bad_frame")
        about = message["start"]
        stream_id = text(_either(about, "stream_sid") or _either(message, "stream_sid"), _MAX_ID_CHARS)
        start = Start(
            stream_id,
            text(_either(about, "call_sid"), _MAX_ID_CHARS),
            text(_either(about, "account_sid", ""), _MAX_ID_CHARS, empty=True),
            parameters(_either(about, "custom_parameters") or {}),
            _sound(_either(about, "media_format") or {}),
            text(about.get("from") or "", _MAX_ID_CHARS, empty=True),
            text(about.get("to") or "", _MAX_ID_CHARS, empty=True),
        )
        self._stream_id = stream_id
        camel = "streamSid" in message or "streamSid" in about
        self._head = f'"{"streamSid" if camel else "stream_sid"}":{json.dumps(stream_id)}'
        return start

    def send_media(self, payload: bytes) -> str:
        """Encode sound that Exotel plays after what it has buffered."""
        assert self._head, "a stream is answered once it has started"
        encoded = b2a_base64(payload, newline=False).decode("ascii")
        return f'{{"event":"media",{self._head},"media":{{"payload":"{encoded}"}}}}'

    def send_mark(self, name: str) -> str:
        """Encode the wish to be told when everything sent so far has been played."""
        assert self._head, "a stream is answered once it has started"
        return f'{{"event":"mark",{self._head},"mark":{{"name":{json.dumps(name)}}}}}'

    def send_clear(self) -> str:
        """Encode the command that drops audio which Exotel has buffered."""
        assert self._head, "a stream is answered once it has started"
        return f'{{"event":"clear",{self._head}}}'

    def hang_up(self) -> None:
        """Say nothing: closing the socket ends the stream, and with it the call unless its flow goes on."""


def _either(fields: Mapping[str, Any], snake: str, otherwise: Any = None) -> Any:
    """Return a field, whichever way it is written."""
    first, *rest = snake.split("_")
    return fields.get(snake, fields.get(first + "".join(word.title() for word in rest), otherwise))


def _sound(form: Mapping[str, Any]) -> SoundFormat:
    """Read the format: raw 16-bit samples at 8 kHz where it is silent."""
    name = str(form.get("encoding") or "raw").lower().split(";")[0]
    rate_hz = number(_either(form, "sample_rate") or _RATES_HZ[0])
    if name in _PCM16 and rate_hz in _RATES_HZ:
        return SoundFormat(Encoding.PCM16, rate_hz)
    if name in _MULAW and rate_hz == _RATES_HZ[0]:
        return SoundFormat(Encoding.MULAW, rate_hz)
    raise ProtocolError("exotel: sound that is neither raw nor µ-law", code="exotel.unsupported_format")


def _media(media: Mapping[str, Any]) -> list[Received]:
    encoded = media["payload"]
    if len(encoded) > MAX_MEDIA_BYTES * 4 // 3 + 4:
        raise ValueError("too much sound")
    payload = a2b_base64(encoded, strict_mode=True)
    return [Media(payload)] if payload else []  # its numbers differ between sources, and nothing is lost on a socket
