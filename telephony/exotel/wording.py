"""What Exotel asks and tells over HTTP, in each of the ways in which it does. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.phone_calls import CallStatus, Progress

_MAX_CHARS = 2000
_BRACKETED = re.compile(r"Stream\[(\w+)\]")
_STATUSES = {"queued": CallStatus.QUEUED, "ringing": CallStatus.RINGING, "in-progress": CallStatus.IN_PROGRESS} | {
    str(each): each for each in CallStatus if each.is_final
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that Exotel asks about.

    Attributes:
        caller: As Exotel writes it: national or international, a plus or none.
    """

    call: str
    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """How a stream ended.

    Attributes:
        by: `bot`, `user`, `caller` or `system`; empty if it was not told.
    """

    stream: str
    status: str
    by: str
    duration_s: int | None
    error: str


def asked(fields: Mapping[str, Any]) -> Asked:
    """Read who calls whom; what is missing is empty."""
    return Asked(
        _first(fields, "CallSid", "call_sid"),
        _first(fields, "CallFrom", "From", "from"),
        _first(fields, "CallTo", "To", "to"),
    )


def stream_end(fields: Mapping[str, Any]) -> StreamEnd | None:
    """Read what a Passthru applet tells of the stream before it; None if it tells nothing.

    It comes as `Stream[StreamSID]=…` or as `Stream={json}` in the query, or as a JSON body.
    """
    told: Mapping[str, Any] = {match[1]: value for key, value in fields.items() if (match := _BRACKETED.fullmatch(key))}
    if not told:
        inner = fields.get("Stream", fields.get("stream"))
        told = _json(inner) if isinstance(inner, str) else inner if isinstance(inner, Mapping) else {}
    if not told:
        return None
    words = {str(key).lower(): value for key, value in told.items()}
    return StreamEnd(
        _text(words.get("streamsid")),
        _text(words.get("status")),
        _text(words.get("disconnectedby")),
        _whole(words.get("duration")),
        _text(words.get("error")),
    )


def progress(fields: Mapping[str, Any]) -> Progress | None:
    """Read where a call is, from a callback or from an answer; None if it does not say."""
    words = {str(key).lower(): value for key, value in fields.items()}
    status = _STATUSES.get(_text(words.get("status")).lower())
    if status is None:
        return None
    return Progress(status, duration_s=_whole(words.get("duration", words.get("conversationduration"))))


def destination(number: str, caller_id: str, ring_s: int) -> dict[str, Any]:
    """Return what a Connect applet wants to know to pass a caller on."""
    return {
        "fetch_after_attempt": False,
        "destination": {"trunk": number} if number.startswith("sip:") else {"numbers": [number]},
        "outgoing_phone_number": caller_id,
        "record": False,
        "max_ringing_duration": ring_s,
        "music_on_hold": {"type": "operator_tone"},
    }


def call_of(answer: Any) -> Mapping[str, Any]:
    """Return the call of a REST answer, however its fields are written; empty if there is none."""
    if not isinstance(answer, Mapping):
        return {}
    inner = next((value for key, value in answer.items() if str(key).lower() == "call"), answer)
    return {str(key).lower(): value for key, value in inner.items()} if isinstance(inner, Mapping) else {}


def _first(fields: Mapping[str, Any], *names: str) -> str:
    return next((_text(fields[name]) for name in names if fields.get(name)), "")


def _text(value: Any) -> str:
    return str(value)[:_MAX_CHARS] if isinstance(value, str | int | float) else ""


def _whole(value: Any) -> int | None:
    text = _text(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _json(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, Mapping) else {}
