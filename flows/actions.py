"""What a flow wants done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StateEntered:
    """A state was entered, or what its screen shows has changed (`refreshed`).

    Attributes:
        artifact: The state's `ui`, interpolated, or None.
        prompt: The text of the screen, which clients read from the top level too.
        available_actions: UI actions that this state handles.
        progress: `(current, total)` states on the way.
    """

    flow_id: str
    state: str
    variables: Mapping[str, Any]
    artifact: Mapping[str, Any] | None = None
    prompt: str | None = None
    available_actions: tuple[str, ...] = ()
    progress: tuple[int, int] | None = None
    refreshed: bool = False


@dataclass(frozen=True, slots=True)
class ShowArtifact:
    """Put something on the screen; `payload` holds the interpolated `ui` keys without `artifact_type`."""

    artifact_type: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VariableSet:
    """A variable has a new value; None clears it."""

    flow_id: str
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class TransitionBlocked:
    """A transition was refused; `reason` is one of the wire's words (PVP `transition_blocked`).

    Attributes:
        variables: The declared ones only, None where unset.
        to_client: Whether the screen is told; else it is only for the log.
        log_level: `debug`, `info`, `warning` or `error`.
    """

    flow_id: str
    from_state: str
    attempted_target: str
    reason: str
    detail: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    to_client: bool = True
    log_level: str = "warning"


@dataclass(frozen=True, slots=True)
class FlowEnded:
    """The flow is over; sent once, when its last words have been heard.

    Attributes:
        missing: Required variables that have no value.
    """

    flow_id: str
    reason: str
    variables: Mapping[str, Any]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Emitted:
    """An `emit` hook fired; for analytics."""

    name: str


@dataclass(frozen=True, slots=True)
class Say:
    """Speak exactly this; `language` (BCP 47) and `voice` are the flow's wish, None leaves them to the call."""

    text: str
    interruptible: bool = True
    language: str | None = None
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool the model may call now; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """Let the language model speak next.

    Attributes:
        instructions: The whole system prompt of this moment.
        tools: What the model may call, and nothing else.
        epoch: Comes back in `ToolCalled` and `AskFailed`.
        stop: Phrases where the answer is cut off.
        language: BCP 47 tag of the answer; None leaves it to the call.
        voice: The voice that speaks it; None leaves it to the call.
        llm: The model that is asked, `VENDOR:MODEL`; None leaves it to the call.
    """

    instructions: str
    tools: tuple[ToolSpec, ...]
    epoch: int
    interruptible: bool = True
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    language: str | None = None
    voice: str | None = None
    llm: str | None = None


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """The result of a `ToolCalled`; with `run_again` the model speaks on from it."""

    call_id: str
    result: str
    run_again: bool


@dataclass(frozen=True, slots=True)
class TransferCall:
    """Pass the call on once everything said so far has been heard; `LineDone` tells how that went.

    Attributes:
        target: A telephone number (E.164) or a SIP address.
        mode: `cold`, or `warm`: the other one hears `summary` first.
    """

    target: str
    mode: str
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class PressKeys:
    """Press keys towards the other side once everything said so far has been heard; `LineDone` follows."""

    keys: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call once everything said so far has been heard."""

    reason: str


ScreenAction = StateEntered | ShowArtifact | VariableSet | TransitionBlocked | FlowEnded
LineAction = TransferCall | PressKeys
Action = ScreenAction | Emitted | Say | Ask | ToolReturned | LineAction | HangUp
