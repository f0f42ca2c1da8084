"""Take Plivo's messages off the wire and put ours on it; no I/O."""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from typing import Any

from kit.errors import ProtocolError
from telephony.messages import Dtmf, Mark, Media, Received, Start, Stop
from telephony.wire import Wire, digit, number, parameters, text

MAX_TEXT_CHARS = 64 * 1024
MAX_MEDIA_BYTES = 16 * 1024  # 2 s; Plivo sends 20 ms at a time
_MAX_ID_CHARS = 64
_MAX_MARK_CHARS = 256
_MULAW, _RATE_HZ = "audio/x-mulaw", 8000  # the documents that begin our streams ask for it
_OF_A_STREAM = frozenset({"media", "dtmf", "playedStream", "clearedAudio", "stop"})
_MEDIA_HEAD = f'{{"event":"playAudio","media":{{"contentType":"{_MULAW}","sampleRate":{_RATE_HZ},"payload":"'


class PlivoCodec:
    """One stream: text frames in, messages out; commands in, text frames out."""

    def __init__(self) -> None:
        self._stream_id: str | None = None
        self._id_json = ""

    def receive(self, data: Wire) -> list[Received]:
        """Decode one WebSocket text frame; unknown events, empty sound and other tracks give an empty list.

        Raises:
            ProtocolError: `plivo.bad_frame`: not JSON, or a field is missing or not what the event requires;
                `plivo.other_stream`; `plivo.unsupported_format`.
        """
        if isinstance(data, bytes) or len(data) > MAX_TEXT_CHARS:
            raise ProtocolError(f"plivo: no text, or one of {len(data)} characters", code="plivo.bad_frame")
        try:
            return self._read(json.loads(data))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ProtocolError(f"plivo: bad frame: {type(error).__name__}", code="plivo.bad_frame") from error

    def _read(self, message: dict[str, Any]) -> list[Received]:
        event = message["event"]
        if event in _OF_A_STREAM and message.get("streamId", self._stream_id) != self._stream_id:
            raise ProtocolError(f"plivo: {event} of another stream", code="plivo.other_stream")
        match event:
            case "media":
                return _media(message["media"])
            case "playedStream":
                return [Mark(text(message["name"], _MAX_MARK_CHARS))]
            case "dtmf":
                return [Dtmf(digit(message["dtmf"]["digit"]))]
            case "start":
                return [self._start(message)]
            case "stop":
                return [Stop()]
            case _:
                return []  # `clearedAudio` too: what was dropped is known here

    def _start(self, message: Mapping[str, Any]) -> Start:
        if self._stream_id is not None:
            raise ProtocolError("plivo: a second start", code="plivo.bad_frame")
        about = message["start"]
        form = about.get("mediaFormat") or {}
        told = form.get("encoding", _MULAW), number(form.get("sampleRate", _RATE_HZ))
        if told != (_MULAW, _RATE_HZ):
            raise ProtocolError("plivo: only µ-law at 8000 Hz", code="plivo.unsupported_format")
        start = Start(
            text(about["streamId"], _MAX_ID_CHARS),
            text(about["callId"], _MAX_ID_CHARS),
            text(str(about.get("accountId") or ""), _MAX_ID_CHARS, empty=True),
            parameters(_headers(message.get("extra_headers"))),
        )
        self._stream_id = start.stream_id
        self._id_json = json.dumps(start.stream_id)
        return start

    def send_media(self, payload: bytes) -> str:
        """Encode sound, µ-law at 8 kHz, that Plivo plays after what it has buffered."""
        assert self._id_json, "a stream is answered once it has started"
        return f'{_MEDIA_HEAD}{b2a_base64(payload, newline=False).decode("ascii")}"}}}}'

    def send_mark(self, name: str) -> str:
        """Encode the wish to be told when everything sent so far has been played."""
        assert self._id_json, "a stream is answered once it has started"
        return f'{{"event":"checkpoint","streamId":{self._id_json},"name":{json.dumps(name)}}}'

    def send_clear(self) -> str:
        """Encode the command that drops audio which Plivo has buffered."""
        assert self._id_json, "a stream is answered once it has started"
        return f'{{"event":"clearAudio","streamId":{self._id_json}}}'

    def hang_up(self) -> None:
        """Say nothing: once the socket is closed Plivo comes to the end of the document, and hangs up."""


def _headers(told: Any) -> Mapping[Any, Any]:
    """Return the `extraHeaders` of the document, which come back as an object, as its JSON, or not at all."""
    headers = json.loads(told) if isinstance(told, str) and told.strip() else told or {}
    if not isinstance(headers, Mapping):
        raise TypeError("headers are an object")
    return headers


def _media(media: Mapping[str, Any]) -> list[Received]:
    if media.get("track", "inbound") != "inbound":
        return []
    encoded = media["payload"]
    if len(encoded) > MAX_MEDIA_BYTES * 4 // 3 + 4:
        raise ValueError("too much sound")
    payload = a2b_base64(encoded, strict_mode=True)
    chunk = media.get("chunk")
    return [Media(payload, None if chunk is None else number(chunk))] if payload else []
