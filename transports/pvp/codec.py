"""Put PVP messages on the wire and take them off it, for both sides; no I/O, no state.

The server uses `decode_client` and `encode_server`, a client the other two.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, assert_never

from kit.errors import ProtocolError
from transports.pvp import wire_json
from transports.pvp.messages import (
    Artifact,
    Audio,
    ClientConfig,
    ClientMessage,
    Config,
    Downgrade,
    DowngradeComplete,
    Dtmf,
    Error,
    FlowEnd,
    FlowState,
    FlowVariable,
    Interrupted,
    Ping,
    Pong,
    Progress,
    Quality,
    ServerMessage,
    Status,
    SwitchNow,
    Transcript,
    TransitionBlocked,
    UiEvent,
    UpgradeAnswer,
    UpgradeComplete,
    UpgradeFailed,
    UpgradeIce,
    UpgradeOffer,
    UpgradeReady,
    Waterfall,
    WaterfallSpan,
)

MAX_AUDIO_BYTES = 64 * 1024
MAX_TEXT_BYTES = 256 * 1024
MAX_DIGITS = 32
MAX_CANDIDATES = 64
_KEYS = frozenset("0123456789*#")

# Keys of an artifact's payload that cannot go to the top level: they are ours, and an SDK takes any `status` string
# for the connection's (docs/pvp.md §5).
RESERVED_KEYS = frozenset({"type", "id", "artifact_type", "status", "seq"})

Wire = str | bytes

# What goes as text, by its `type` on the wire.
SERVER_TYPES: dict[str, type[Any]] = {
    "config": Config,
    "status": Status,
    "transcript": Transcript,
    "flow_state": FlowState,
    "artifact": Artifact,
    "flow_variable": FlowVariable,
    "transition_blocked": TransitionBlocked,
    "flow_end": FlowEnd,
    "interrupted": Interrupted,
    "waterfall": Waterfall,
    "pong": Pong,
    "error": Error,
    "quality": Quality,
    "upgrade-answer": UpgradeAnswer,
    "upgrade-ready": UpgradeReady,
    "switch-now": SwitchNow,
    "upgrade-failed": UpgradeFailed,
    "downgrade-complete": DowngradeComplete,
}
CLIENT_TYPES: dict[str, type[Any]] = {
    "ping": Ping,
    "config": ClientConfig,
    "ui_event": UiEvent,
    "dtmf": Dtmf,
    "upgrade-offer": UpgradeOffer,
    "upgrade-ice": UpgradeIce,
    "upgrade-complete": UpgradeComplete,
    "downgrade": Downgrade,
}
_TYPE_OF = {kind: name for name, kind in SERVER_TYPES.items()}
_OPTIONAL = frozenset({"interrupted", "resume_token"})  # on the wire only when they say something


# --- client to server -----------------------------------------------------------------------------------------------
def decode_client(data: Wire) -> ClientMessage | None:
    """Decode one frame of a client; None for what PVP ignores: unknown types, empty sound.

    Raises:
        ProtocolError: `audio.bad_frame`, `protocol.too_large`, `protocol.invalid_json` or `protocol.invalid_field`.
    """
    if isinstance(data, bytes):
        return _client_audio(data)
    if len(data) > MAX_TEXT_BYTES or len(data.encode(errors="replace")) > MAX_TEXT_BYTES:
        raise ProtocolError(f"text frame over {MAX_TEXT_BYTES} bytes", code="protocol.too_large")
    message = wire_json.loads(data)
    kind = message.get("type")
    decode = _OF_CLIENT.get(kind) if isinstance(kind, str) else None
    return None if decode is None else decode(message)


def encode_client(message: ClientMessage) -> Wire:
    """Encode one message of a client."""
    match message:
        case Audio(pcm):
            return pcm
        case Ping(ts):
            body: dict[str, Any] = {"type": "ping", "ts": ts}
        case ClientConfig(sample_rate, channels):
            body = {"type": "config", "sample_rate": sample_rate, "channels": channels}
        case UiEvent(action, data, flow_id):
            body = {"type": "ui_event", "action": action, "data": data, "flow_id": flow_id}
        case Dtmf(digits):
            body = {"type": "dtmf", "digits": digits}
        case UpgradeOffer(sdp, sdp_type):
            body = {"type": "upgrade-offer", "sdp": sdp, "sdp_type": sdp_type}
        case UpgradeIce(candidates):
            body = {"type": "upgrade-ice", "candidates": list(candidates)}
        case UpgradeComplete():
            body = {"type": "upgrade-complete"}
        case Downgrade():
            body = {"type": "downgrade"}
        case _:
            assert_never(message)
    return wire_json.dumps({key: value for key, value in body.items() if value is not None})


def _client_audio(pcm: bytes) -> Audio | None:
    if len(pcm) % 2:
        raise ProtocolError(f"audio frame of {len(pcm)} bytes: not an even number", code="audio.bad_frame")
    if len(pcm) > MAX_AUDIO_BYTES:
        raise ProtocolError(f"audio frame of {len(pcm)} bytes: more than {MAX_AUDIO_BYTES}", code="audio.bad_frame")
    return Audio(pcm) if pcm else None


def _ui_event(message: Mapping[str, Any]) -> UiEvent:
    action, data, flow_id = message.get("action"), message.get("data"), message.get("flow_id")
    if not isinstance(action, str) or not action:
        raise ProtocolError("ui_event: 'action' must be a string", code="protocol.invalid_field")
    if data is not None and not isinstance(data, dict):
        raise ProtocolError("ui_event: 'data' must be an object", code="protocol.invalid_field")
    return UiEvent(action, data or {}, flow_id if isinstance(flow_id, str) else None)


def _dtmf(message: Mapping[str, Any]) -> Dtmf:
    digits = message.get("digits")
    if not isinstance(digits, str) or not 0 < len(digits) <= MAX_DIGITS or set(digits) - _KEYS:
        raise ProtocolError(f"dtmf: 'digits' must be 1 to {MAX_DIGITS} of 0-9, *, #", code="protocol.invalid_field")
    return Dtmf(digits)


def _upgrade_offer(message: Mapping[str, Any]) -> UpgradeOffer:
    sdp = message.get("sdp")
    if not isinstance(sdp, str):
        raise ProtocolError("upgrade-offer: 'sdp' must be a string", code="protocol.invalid_field")
    return UpgradeOffer(sdp)


def _upgrade_ice(message: Mapping[str, Any]) -> UpgradeIce:
    candidates = message.get("candidates")
    if not isinstance(candidates, list) or len(candidates) > MAX_CANDIDATES:
        raise ProtocolError(f"upgrade-ice: 'candidates' must be up to {MAX_CANDIDATES}", code="protocol.invalid_field")
    if not all(isinstance(each, dict) for each in candidates):
        raise ProtocolError("upgrade-ice: a candidate must be an object", code="protocol.invalid_field")
    return UpgradeIce(tuple(candidates))


_OF_CLIENT: dict[str, Callable[[Mapping[str, Any]], ClientMessage]] = {
    "ping": lambda message: Ping(message.get("ts")),
    "config": lambda message: ClientConfig(message.get("sample_rate"), message.get("channels")),
    "ui_event": _ui_event,
    "dtmf": _dtmf,
    "upgrade-offer": _upgrade_offer,
    "upgrade-ice": _upgrade_ice,
    "upgrade-complete": lambda _: UpgradeComplete(),
    "downgrade": lambda _: Downgrade(),
}


# --- server to client -----------------------------------------------------------------------------------------------
def encode_server(message: ServerMessage) -> Wire:
    """Encode one message of the server."""
    match message:
        case Audio(pcm):
            return pcm
        case Config() | Transcript():
            body = {"type": _TYPE_OF[type(message)]} | {
                key: value for key, value in _fields(message).items() if key not in _OPTIONAL or value
            }
        case FlowState():
            progress = None if message.progress is None else _fields(message.progress)
            body = {"type": "flow_state"} | _fields(message) | {"progress": progress}
        case Artifact(id_, artifact_type, payload):
            free = {key: value for key, value in payload.items() if key not in RESERVED_KEYS}
            body = {"type": "artifact", "id": id_, "artifact_type": artifact_type} | free
        case Interrupted(generation, id_):
            body = {"type": "interrupted", "generation": generation} | ({} if id_ is None else {"id": id_})
        case Waterfall():
            body = _waterfall_body(message)
        case Error(text, code, findings):
            body = {"type": "error", "message": text, "code": code}
            if findings:
                body["findings"] = list(findings)
        case _:
            body = {"type": _TYPE_OF[type(message)]} | _fields(message)
    return wire_json.dumps(body)


def decode_server(data: Wire) -> ServerMessage | None:
    """Decode one frame of a server; None for a type that is not PVP's.

    Raises:
        ProtocolError: `audio.bad_frame`, `protocol.invalid_json` or `protocol.invalid_field`.
    """
    if isinstance(data, bytes):
        return _client_audio(data)
    message = wire_json.loads(data)
    kind = message.pop("type", None)
    try:
        if not isinstance(kind, str) or kind not in SERVER_TYPES:
            return None
        decode = _SHAPED.get(kind)
        return _plain(SERVER_TYPES[kind], message) if decode is None else decode(message)
    except (KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"{kind}: bad or missing field: {error}", code="protocol.invalid_field") from error


def _fields(message: Any) -> dict[str, Any]:
    return {each.name: getattr(message, each.name) for each in fields(message)}


def _plain(kind: type[Any], message: Mapping[str, Any]) -> Any:
    return kind(**{each.name: message[each.name] for each in fields(kind) if each.name in message})


def _flow_state(message: Mapping[str, Any]) -> FlowState:
    progress = message.get("progress")
    return FlowState(
        message["flow_id"],
        message["state"],
        message.get("artifact"),
        message.get("variables") or {},
        tuple(message.get("available_actions") or ()),
        message.get("prompt"),
        None if progress is None else Progress(progress["current"], progress["total"]),
    )


def _artifact(message: Mapping[str, Any]) -> Artifact:
    payload = {key: value for key, value in message.items() if key not in RESERVED_KEYS}
    return Artifact(message["id"], message["artifact_type"], payload)


def _waterfall_body(message: Waterfall) -> dict[str, Any]:
    body = {"type": "waterfall"} | _fields(message) | {"spans": [_fields(span) for span in message.spans]}
    saved_ms, reasons = body.pop("saved_ms"), body.pop("reasons")
    body |= {} if saved_ms is None else {"speculated": True, "saved_ms": saved_ms}
    return body | ({"reasons": list(reasons)} if reasons else {})


def _waterfall(message: Mapping[str, Any]) -> Waterfall:
    spans = tuple(WaterfallSpan(span["name"], span["start_ms"], span["end_ms"]) for span in message["spans"])
    return Waterfall(
        message["turn"], message["gap_ms"], spans, message.get("saved_ms"), tuple(message.get("reasons", ()))
    )


def _error(message: Mapping[str, Any]) -> Error:
    return Error(message["message"], message.get("code", ""), tuple(message.get("findings") or ()))


_SHAPED: dict[str, Callable[[Mapping[str, Any]], ServerMessage]] = {
    "flow_state": _flow_state,
    "artifact": _artifact,
    "waterfall": _waterfall,
    "error": _error,
}
