"""The words of the wire, docs/pvp.md §4 and §5. They know no frames; `translate.py` does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


# --- both ways ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Audio:
    """A binary frame: mono int16 little-endian."""

    pcm: bytes


# --- from the client ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a `Pong`; `ts` is whatever the client wants back."""

    ts: Any = None


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Says how the client's audio comes; both as sent, not judged here."""

    sample_rate: Any = None
    channels: Any = None


@dataclass(frozen=True, slots=True)
class UiEvent:
    """The user acted on the screen."""

    action: str
    data: Mapping[str, Any] = field(default_factory=dict)
    flow_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dtmf:
    """Keys of a telephone's pad were pressed: `0`-`9`, `*`, `#`, one or several."""

    digits: str


@dataclass(frozen=True, slots=True)
class UpgradeOffer:
    """The client would like WebRTC; `sdp` is its offer."""

    sdp: str = ""
    sdp_type: str = "offer"


@dataclass(frozen=True, slots=True)
class UpgradeIce:
    """Addresses of the client's, as `RTCIceCandidate` writes them; not judged here."""

    candidates: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class UpgradeComplete:
    """The client has its connection and waits for `SwitchNow`."""


@dataclass(frozen=True, slots=True)
class Downgrade:
    """The client goes back to the WebSocket."""


# --- from the server ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Config:
    """How the server's audio comes; sent once, before any sound. `resume_token` is on the wire only if there is one."""

    call_id: str
    audio_sample_rate: int
    audio_channels: int = 1
    audio_encoding: str = "pcm_s16le"
    pvp_version: str = "1.0"
    resume_token: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Who holds the floor."""

    status: Literal["idle", "listening", "speaking", "ended"]


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one side said; a known `id` replaces the earlier text. `interrupted` is sent only when true."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    is_final: bool = True
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where on its way the flow is."""

    current: int
    total: int


@dataclass(frozen=True, slots=True)
class FlowState:
    """The state of the flow and what its screen shows."""

    flow_id: str
    state: str
    artifact: Mapping[str, Any] | None
    variables: Mapping[str, Any]
    available_actions: tuple[str, ...] = ()
    prompt: str | None = None
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """Something on the screen; `payload` is flattened into the message (see `codec.RESERVED_KEYS`)."""

    id: str
    artifact_type: str
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlowVariable:
    """A variable has a new value."""

    flow_id: str
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class TransitionBlocked:
    """A transition was refused."""

    flow_id: str
    from_state: str
    attempted_target: str
    reason: str
    detail: str
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlowEnd:
    """The flow is over."""

    flow_id: str
    reason: str
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The bot was cut off: drop what has not been played.

    Attributes:
        id: Of the transcript that is cut, where there is one.
    """

    generation: int
    id: str | None = None


@dataclass(frozen=True, slots=True)
class WaterfallSpan:
    """One part of a gap, in milliseconds from the caller's last voiced sample."""

    name: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Where the gap before one answer went.

    Attributes:
        saved_ms: How much longer that were, had the answer not been begun early; on the wire only if it was.
        reasons: What went wrong with providers on the way; on the wire only if something did.
    """

    turn: int
    gap_ms: float | None
    spans: tuple[WaterfallSpan, ...] = ()
    saved_ms: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pong:
    """Answers a `Ping`; `server_ts` is Unix time in milliseconds."""

    ts: Any
    server_ts: int


@dataclass(frozen=True, slots=True)
class Error:
    """Something went wrong; `findings` are those of a broken flow, and left out when empty."""

    message: str
    code: str
    findings: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class UpgradeAnswer:
    """Answers an `UpgradeOffer`, with all addresses of the server's."""

    sdp: str
    pc_id: str
    sdp_type: str = "answer"


@dataclass(frozen=True, slots=True)
class UpgradeReady:
    """The other wire is there."""


@dataclass(frozen=True, slots=True)
class SwitchNow:
    """All sound after this message goes over the other wire."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well the wire carries sound: milliseconds, share of packets, estimated opinion; None where not known."""

    wire: str
    jitter_ms: float | None = None
    loss: float | None = None
    rtt_ms: float | None = None
    mos: float | None = None


@dataclass(frozen=True, slots=True)
class UpgradeFailed:
    """WebRTC is not to be had."""

    reason: str = "not supported"


@dataclass(frozen=True, slots=True)
class DowngradeComplete:
    """The WebSocket carries the call."""


ClientMessage = Audio | Ping | ClientConfig | UiEvent | Dtmf | UpgradeOffer | UpgradeIce | UpgradeComplete | Downgrade
ServerMessage = (
    Audio
    | Config
    | Status
    | Transcript
    | FlowState
    | Artifact
    | FlowVariable
    | TransitionBlocked
    | FlowEnd
    | Interrupted
    | Waterfall
    | Pong
    | Error
    | Quality
    | UpgradeAnswer
    | UpgradeReady
    | SwitchNow
    | UpgradeFailed
    | DowngradeComplete
)
