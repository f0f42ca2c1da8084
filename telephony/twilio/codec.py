"""Take Twilio's messages off the wire and put ours on it; no I/O."""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from typing import Any

from kit.errors import ProtocolError
from telephony.messages import Dtmf, Mark, Media, Received, Start, Stop
from telephony.wire import Wire, digit, number, parameters, text

MAX_TEXT_CHARS = 64 * 1024
MAX_MEDIA_BYTES = 16 * 1024  # 2 s; Twilio sends 160 bytes at a time
_MAX_SID_CHARS = 64
_MAX_MARK_CHARS = 256
_ENCODING, _RATE_HZ, _CHANNELS = "audio/x-mulaw", 8000, 1


class TwilioCodec:
    """One stream: text frames in, messages out; commands in, text frames out.

    Attributes:
        stream_sid: Of the `start` that was received; commands need it.
    """

    def __init__(self) -> None:
        self.stream_sid: str | None = None
        self._sid_json = ""
        self._media_head = ""

    def receive(self, data: Wire) -> list[Received]:
        """Decode one WebSocket text frame; unknown events, empty sound and other tracks give an empty list.

        Raises:
            ProtocolError: `twilio.bad_frame`: not JSON, or a field is missing or not what the event requires;
                `twilio.other_stream`; `twilio.unsupported_format`.
        """
        if isinstance(data, bytes) or len(data) > MAX_TEXT_CHARS:
            raise ProtocolError(f"twilio: no text, or one of {len(data)} characters", code="twilio.bad_frame")
        try:
            return self._read(json.loads(data))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ProtocolError(f"twilio: bad frame: {type(error).__name__}", code="twilio.bad_frame") from error

    def _read(self, message: dict[str, Any]) -> list[Received]:
        event = message["event"]
        if event in ("media", "dtmf", "mark", "stop") and message.get("streamSid", self.stream_sid) != self.stream_sid:
            raise ProtocolError(f"twilio: {event} of another stream", code="twilio.other_stream")
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
        if self.stream_sid is not None:
            raise ProtocolError("twilio: a second start", code="twilio.bad_frame")
        about = message["start"]
        form = about.get("mediaFormat", {})
        told = (
            form.get("encoding", _ENCODING),
            number(form.get("sampleRate", _RATE_HZ)),
            number(form.get("channels", 1)),
        )
        if told != (_ENCODING, _RATE_HZ, _CHANNELS):
            raise ProtocolError("twilio: only mono µ-law at 8000 Hz", code="twilio.unsupported_format")
        start = Start(
            text(about.get("streamSid") or message["streamSid"], _MAX_SID_CHARS),
            text(about["callSid"], _MAX_SID_CHARS),
            text(about.get("accountSid", ""), _MAX_SID_CHARS, empty=True),
            parameters(about.get("customParameters") or {}),
        )
        self.stream_sid = start.stream_id
        self._sid_json = json.dumps(start.stream_id)
        self._media_head = f'{{"event":"media","streamSid":{self._sid_json},"media":{{"payload":"'
        return start

    def send_media(self, payload: bytes) -> str:
        """Encode sound, µ-law at 8 kHz, that Twilio plays after what it has buffered."""
        assert self._media_head, "a stream is answered once it has started"
        return f'{self._media_head}{b2a_base64(payload, newline=False).decode("ascii")}"}}}}'

    def send_mark(self, name: str) -> str:
        """Encode the wish to be told when everything sent so far has been played."""
        assert self._sid_json, "a stream is answered once it has started"
        return f'{{"event":"mark","streamSid":{self._sid_json},"mark":{{"name":{json.dumps(name)}}}}}'

    def send_clear(self) -> str:
        """Encode the command that drops audio which Twilio has buffered; all marks that wait are echoed at once."""
        assert self._sid_json, "a stream is answered once it has started"
        return f'{{"event":"clear","streamSid":{self._sid_json}}}'

    def hang_up(self) -> None:
        """Say nothing: once the socket is closed Twilio goes on with the next verb, or hangs up."""


def _media(media: Mapping[str, Any]) -> list[Received]:
    if media.get("track", "inbound") != "inbound":
        return []
    encoded = media["payload"]
    if len(encoded) > MAX_MEDIA_BYTES * 4 // 3 + 4:
        raise ValueError("too much sound")
    payload = a2b_base64(encoded, strict_mode=True)
    chunk = media.get("chunk")
    return [Media(payload, None if chunk is None else number(chunk))] if payload else []
