"""A small stage for tests of the interpreter: a flow, events, and what the last of them did, in words."""

from dataclasses import dataclass
from typing import Any

from flows.actions import Action, Ask
from flows.events import AskFailed, BotFinished, Event, Heard, Started, Tick, ToolCalled, UiEvent
from flows.interpreter import initial, step
from flows.load import load
from flows.narrate import narrate
from flows.state import State


@dataclass
class Stage:
    """Runs one flow; every method gives the lines of `narrate` for what it made happen."""

    text: str
    llm: bool = False
    today: str = "2026-11-22"

    def __post_init__(self) -> None:
        self.flow = load("id: f\ninitial_state: a\n" + self.text)
        self.now_s = 0.0
        self.state: State = initial(self.flow)
        self.actions: tuple[Action, ...] = ()
        self.started = self.do(Started({}, self.llm, self.today))

    def do(self, event: Event) -> list[str]:
        self.state, self.actions = step(self.flow, self.state, event, self.now_s)
        return [line for action in self.actions for line in narrate(action)]

    def hear(self, text: str, confidence: float = 1.0, alternative: str | None = None) -> list[str]:
        return self.do(Heard(text, confidence, alternative))

    def tool(self, name: str, **arguments: Any) -> list[str]:
        return self.do(ToolCalled("call-7", name, arguments, self.state.epoch))

    def ui(self, action: str, **data: Any) -> list[str]:
        return self.do(UiEvent(action, data))

    def heard_out(self) -> list[str]:
        return self.do(BotFinished())

    def silence(self) -> list[str]:
        """Everything is heard, then nobody speaks until the deadline."""
        self.do(BotFinished())
        assert self.state.deadline_s is not None
        self.now_s = self.state.deadline_s
        return self.do(Tick())

    def ask_fails(self) -> list[str]:
        return self.do(AskFailed(self.state.epoch, "down"))

    def instructions(self) -> str:
        return next(action.instructions for action in self.actions if isinstance(action, Ask))

    def __getitem__(self, name: str) -> Any:
        return self.state.variables.get(name)
