"""Everything about a call that is neither sound nor words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flows.actions import ScreenAction
from pipeline.frames.base import ControlFrame, SystemFrame


@dataclass(frozen=True, slots=True)
class UiAction(ControlFrame):
    """The user acted on the screen."""

    action: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DtmfPressed(ControlFrame):
    """Telephone keys were pressed: `0`-`9`, `*`, `#`."""

    digits: str


@dataclass(frozen=True, slots=True)
class PeerGone(SystemFrame):
    """The other side hung up or was lost."""


@dataclass(frozen=True, slots=True)
class Played(SystemFrame):
    """The other side has played every `AudioOut` sample before `pos_samples` (see `LegCapabilities.marks`)."""

    pos_samples: int


@dataclass(frozen=True, slots=True)
class LineLost(SystemFrame):
    """Nobody listens for now; the call waits.

    Attributes:
        heard_s: When the other side was last there, on the call's clock.
    """

    heard_s: float


@dataclass(frozen=True, slots=True)
class LineBack(SystemFrame):
    """The other side listens again."""


@dataclass(frozen=True, slots=True)
class RateAnnounced(ControlFrame):
    """The other side says at which rate its audio comes."""

    rate_hz: int


@dataclass(frozen=True, slots=True)
class StatusChanged(ControlFrame):
    """Who holds the floor; `speaking` is the bot."""

    status: Literal["idle", "listening", "speaking", "ended"]


@dataclass(frozen=True, slots=True)
class Screen(ControlFrame):
    """Something the flow shows."""

    action: ScreenAction


@dataclass(frozen=True, slots=True)
class Interrupted(SystemFrame):
    """The bot was cut off: drop audio of `generation` and older that has not been played.

    Attributes:
        caption_id: Of the caption that is cut; None where nothing was shown.
    """

    generation: int
    caption_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recalled(SystemFrame):
    """The bot pauses: drop audio of `generation` and older that has not been played; it will be sent again."""

    generation: int


@dataclass(frozen=True, slots=True)
class Span:
    """One part of a turn's gap, in milliseconds from the caller's last voiced sample."""

    name: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Waterfall(ControlFrame):
    """Where the gap before one answer went.

    Attributes:
        turn: 0 is the greeting.
        gap_ms: From the last voiced sample of the caller to the first audible one of the answer; None for the greeting.
        saved_ms: How much longer that were, had the answer not been begun before the turn was over; None if it was not.
        reasons: What went wrong with providers on the way, kind, code and remedy: `llm provider.late hedged`.
    """

    turn: int
    gap_ms: float | None
    spans: tuple[Span, ...]
    saved_ms: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallFailed(SystemFrame):
    """Something went wrong that the other side should know; the call may go on."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class KeepQuiet(ControlFrame):
    """A machine speaks: nothing is said, and nothing counts as an answer, until `Farewell`."""


@dataclass(frozen=True, slots=True)
class Introduce(ControlFrame):
    """Somebody asks who calls and why: `text` is the answer, or the opening line if empty; then the flow goes on."""

    text: str


@dataclass(frozen=True, slots=True)
class Farewell(ControlFrame):
    """The server ends the call: this is said to its end, then it hangs up.

    Attributes:
        reason: Why, for the flow's end and for `CallReport.end_reason`.
    """

    reason: str
    text: str
