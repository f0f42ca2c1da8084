"""The caller's own reading of the wire (docs/pvp.md): text frames of the server in, words for it out.

It shares no code with `transports/pvp`, so that a mistake there does not hide itself here.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from kit.errors import InputError, ProtocolError


@dataclass(frozen=True, slots=True)
class Config:
    """How the server's sound is to be played (§2)."""

    audio_sample_rate_hz: int
    call_id: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """`idle`, `listening`, `speaking` or `ended`."""

    status: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words of one side; a known `id` replaces the earlier text."""

    id: str
    role: str
    text: str
    is_final: bool
    interrupted: bool


@dataclass(frozen=True, slots=True)
class FlowState:
    """The flow is in `state`."""

    state: str
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FlowVariable:
    """A variable has a new value."""

    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class FlowEnd:
    """The flow is over."""

    reason: str
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """What has not been played is to be dropped."""

    generation: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Where the time of a turn went, as the server sees it; `gap_ms` is None for the greeting."""

    turn: int
    gap_ms: float | None
    spans: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ServerError:
    """The server says what is wrong."""

    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Other:
    """A message that this caller does not act on; unknown types are legal."""

    type: str
    body: Mapping[str, Any] = field(default_factory=dict)


Message = (
    Config | Status | Transcript | FlowState | FlowVariable | FlowEnd | Interrupted | Waterfall | ServerError | Other
)


def decode(text: str) -> Message:
    """Read one text frame of the server.

    Raises:
        ProtocolError: It is not what docs/pvp.md §5 promises.
    """
    try:
        body = json.loads(text)
        kind = body["type"]
        if kind != "status" and isinstance(body.get("status"), str):
            raise ProtocolError(f"pvp: {kind} has a string field named status, which only status may have (§5)")
        reader = _READERS.get(kind)
        return Other(kind, body) if reader is None else reader(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProtocolError(f"pvp: the server sent a message that §5 does not allow: {error!r}: {text:.200}") from error


def _config(body: dict[str, Any]) -> Config:
    if body["audio_channels"] != 1 or body["audio_encoding"] != "pcm_s16le" or body["pvp_version"] != "1.0":
        raise ValueError("config must say one channel of pcm_s16le and pvp_version 1.0")
    return Config(int(body["audio_sample_rate"]), body.get("call_id"))


def _status(body: dict[str, Any]) -> Status:
    if body["status"] not in ("idle", "listening", "speaking", "ended"):
        raise ValueError("unknown status")
    return Status(body["status"])


def _transcript(body: dict[str, Any]) -> Transcript:
    if body["role"] not in ("user", "assistant"):
        raise ValueError("unknown role")
    interrupted = body.get("interrupted", False) is True
    return Transcript(str(body["id"]), body["role"], str(body["text"]), body["is_final"] is True, interrupted)


def _waterfall(body: dict[str, Any]) -> Waterfall:
    spans = tuple({key: span[key] for key in ("name", "start_ms", "end_ms")} for span in body["spans"])
    gap_ms = body["gap_ms"]
    return Waterfall(int(body["turn"]), None if gap_ms is None else float(gap_ms), spans)


def _flow_state(body: dict[str, Any]) -> FlowState:
    return FlowState(str(body["state"]), dict(body["variables"]))


def _flow_end(body: dict[str, Any]) -> FlowEnd:
    return FlowEnd(str(body["reason"]), dict(body["variables"]))


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "config": _config,
    "status": _status,
    "transcript": _transcript,
    "flow_state": _flow_state,
    "flow_variable": lambda body: FlowVariable(str(body["key"]), body["value"]),
    "flow_end": _flow_end,
    "interrupted": lambda body: Interrupted(int(body["generation"])),
    "waterfall": _waterfall,
    "error": lambda body: ServerError(str(body["message"]), str(body.get("code", ""))),
}


def rate_message(rate_hz: int) -> str:
    """Announce the rate of the sound we send (§4 `config`)."""
    return json.dumps({"type": "config", "sample_rate": rate_hz, "channels": 1})


def ui_message(action: str, data: Mapping[str, Any]) -> str:
    """Tell what was done on the screen (§4 `ui_event`)."""
    return json.dumps({"type": "ui_event", "action": action, "data": dict(data)})


def call_url(server: str, flow: str) -> str:
    """Return the WebSocket address of `flow` on `server`; an address with a path of its own is taken as it is.

    Raises:
        InputError: `server` is no address.
    """
    parts = urlsplit(server if "://" in server else f"http://{server}")
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise InputError(f"{server!r} is no address of a server; try http://127.0.0.1:8000", code="caller.bad_server")
    if parts.path not in ("", "/"):
        return urlunsplit((scheme, parts.netloc, parts.path, parts.query, ""))
    return urlunsplit((scheme, parts.netloc, "/ws", urlencode({"mode": "flow", "program_id": flow}), ""))
