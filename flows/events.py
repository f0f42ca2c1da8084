"""What can happen to a running flow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Started:
    """The call began.

    Attributes:
        context: Variables to set before the first state.
        has_llm: Whether an `Ask` can be answered in this call.
        today: ISO date at the caller, for "tomorrow" and the like.
        abilities: What the line can do: `transfer_cold`, `transfer_warm`, `send_dtmf`.
    """

    context: Mapping[str, Any] = field(default_factory=dict)
    has_llm: bool = False
    today: str = "1970-01-01"
    abilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """The user finished a turn.

    Attributes:
        text: The transcript.
        confidence: 0 to 1; below `interpreter.CONFIRM_BELOW` what it fills is confirmed first.
        alternative: What a second recogniser heard, where it disagrees.
    """

    text: str
    confidence: float = 1.0
    alternative: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The language model called a tool. `epoch` is that of the `Ask` it answers; a stale one changes nothing."""

    call_id: str
    tool: str
    arguments: Mapping[str, Any]
    epoch: int


@dataclass(frozen=True, slots=True)
class UiEvent:
    """The user acted on the screen (PVP `ui_event`)."""

    action: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dtmf:
    """Telephone keys were pressed: `0`-`9`, `*`, `#`; one event may hold several."""

    digits: str


@dataclass(frozen=True, slots=True)
class UserStarted:
    """The user began to speak: timers stop until the turn is over."""


@dataclass(frozen=True, slots=True)
class BotFinished:
    """Everything the flow wanted said has been heard: timers start, a finished flow may end."""


@dataclass(frozen=True, slots=True)
class AskFailed:
    """The language model could not answer the `Ask` of this epoch."""

    epoch: int
    code: str


@dataclass(frozen=True, slots=True)
class LineDone:
    """A `TransferCall` (`kind` is `transfer`) or `PressKeys` (`keys`) is over; `reason` says why it came to nothing."""

    kind: str
    ok: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """The state's `deadline_s` has come."""


Event = Started | Heard | ToolCalled | UiEvent | Dtmf | UserStarted | BotFinished | AskFailed | LineDone | Tick
