"""A running flow: its state, and its actions sorted by who performs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flows.actions import (
    Action,
    Ask,
    Emitted,
    HangUp,
    LineAction,
    PressKeys,
    Say,
    ScreenAction,
    ToolReturned,
    TransferCall,
    TransitionBlocked,
)
from flows.events import Event
from flows.interpreter import endpointing, hides, initial, language, likely_ask, recogniser, shown, step
from flows.model import Flow

Speech = Say | Ask | ToolReturned


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event led to.

    Attributes:
        screen: For the other side's screen, in order.
        speech: For the bot's next turn, in order.
        emitted: Names for analytics.
        hang_up: Why the call should end once all is heard, or None.
        line: For the carrier, once all is heard.
    """

    screen: tuple[ScreenAction, ...]
    speech: tuple[Speech, ...]
    emitted: tuple[str, ...]
    hang_up: str | None
    line: tuple[LineAction, ...] = ()


class Brain:
    """The only holder of a call's flow state."""

    def __init__(self, flow: Flow) -> None:
        """Be ready for `Started`."""
        self.flow = flow
        self.state = initial(flow)

    def step(self, event: Event, now_s: float) -> Outcome:
        """Advance by one event."""
        self.state, actions = step(self.flow, self.state, event, now_s)
        return _sorted(actions)

    def preview(self, event: Event, now_s: float) -> Outcome:
        """Return what `step` would, and stay where it is."""
        return _sorted(step(self.flow, self.state, event, now_s)[1])

    def likely_ask(self) -> Ask | None:
        """What the model will be asked if the next turn of the user needs it."""
        return likely_ask(self.flow, self.state)

    @property
    def deadline_s(self) -> float | None:
        """When the flow wants a `Tick`."""
        return self.state.deadline_s

    @property
    def language(self) -> str | None:
        """What is spoken in this state (BCP 47); None leaves it to the call."""
        return language(self.flow, self.state)

    @property
    def recogniser(self) -> str | None:
        """What listens in this state, `VENDOR:MODEL`; None leaves it to the call."""
        return recogniser(self.flow, self.state)

    @property
    def hides(self) -> bool:
        """Whether what the caller says now is a secret."""
        return hides(self.flow, self.state)

    @property
    def variables(self) -> dict[str, Any]:
        """What is known, for records: secrets are masked."""
        return shown(self.flow, self.state)

    @property
    def profile(self) -> str:
        """What kind of answer the flow waits for (`pipeline.turns.endpointing.PROFILES`)."""
        return endpointing(self.flow, self.state)


def _sorted(actions: Sequence[Action]) -> Outcome:
    screen: list[ScreenAction] = []
    speech: list[Speech] = []
    emitted: list[str] = []
    line: list[LineAction] = []
    hang_up = None
    for action in actions:
        match action:
            case Say() | Ask() | ToolReturned():
                speech.append(action)
            case TransferCall() | PressKeys():
                line.append(action)
            case HangUp(reason):
                hang_up = reason
            case Emitted(name):
                emitted.append(name)
            case TransitionBlocked(to_client=False):
                emitted.append("transition_blocked")
            case _:
                screen.append(action)
    return Outcome(tuple(screen), tuple(speech), tuple(emitted), hang_up, tuple(line))
