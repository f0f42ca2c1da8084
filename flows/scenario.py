"""A conversation written down as a test: what happens, and what the flow has to do about it.

A `Scenario` is read from YAML (docs/flow-tools.md) and run on a flow with a clock of its own: a second takes no
time. After every step everything said counts as heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flows.actions import Action, Ask, Say
from flows.events import AskFailed, BotFinished, Dtmf, Event, Heard, Started, Tick, ToolCalled, UiEvent
from flows.findings import Finding, has_errors
from flows.interpreter import initial, step
from flows.model import Flow, empty, thawed
from flows.narrate import narrate
from flows.patterns import PatternError, compiled, search
from flows.reader import Section
from flows.state import State
from flows.tree import TreeError, plain, read

MAX_TICKS: Final = 1000  # deadlines that one wait can meet

_EVENTS: Final = ("heard", "ui", "dtmf", "tool", "wait_s", "silence", "ask_failed")
_ONE: Final = ("name", "description", "llm", "context", "steps")
_EXPECT: Final = ("state", "variables", "says", "actions", "ended")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must hold after a step; None does not matter.

    Attributes:
        variables: Some of the variables; None for one that has no value.
        says: A pattern or text for each thing said, or one that must be in all that was said.
        actions: Lines as `narrate` writes them, or their first words; all must come, in this order.
        ended: Whether the flow is over, or the reason.
    """

    state: str | None = None
    variables: Mapping[str, Any] = field(default_factory=empty)
    says: str | tuple[str, ...] | None = None
    actions: tuple[str, ...] = ()
    ended: bool | str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One event, by its name in the file, and what must follow; without an event it looks at what is so far."""

    line: int
    kind: str = ""
    value: Any = None
    expect: Expectation = field(default_factory=Expectation)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A test of one flow; `flow` is a path, relative to the scenario's file or to the examples."""

    flow: str
    steps: tuple[Step, ...]
    today: str = "1970-01-01"
    llm: bool = False
    context: Mapping[str, Any] = field(default_factory=empty)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What one step should have given and did not."""

    line: int
    step: int
    event: str
    what: str
    expected: Any
    got: Any


def parse_scenarios(text: str) -> tuple[tuple[Scenario, ...], tuple[Finding, ...]]:
    """Read a file of scenarios, one scenario, or a bare list of steps; never raises.

    Returns:
        The scenarios, none if any finding is an error; and all findings.
    """
    try:
        root = read(text)
    except TreeError as error:
        return (), (error.finding,)
    findings: list[Finding] = []
    if isinstance(root.value, list):
        steps = tuple(_step(Section(node, f"[{index}]", findings)) for index, node in enumerate(root.value))
        found: tuple[Scenario, ...] = (Scenario("", steps),)
    else:
        found = _scenarios(Section(root, "", findings))
    return (() if has_errors(tuple(findings)) else found), tuple(findings)


def _scenarios(top: Section) -> tuple[Scenario, ...]:
    if "scenarios" not in top.children:
        _only(top, ("flow", "today", *_ONE))
        return (_scenario(top, top),)
    _only(top, ("flow", "today", "description", "scenarios"))
    entries = [Section(node, path, top.findings) for path, node in top.items("scenarios")]
    for entry in entries:
        _only(entry, _ONE)
    return tuple(_scenario(top, entry) for entry in entries)


def _scenario(top: Section, entry: Section) -> Scenario:
    return Scenario(
        flow=top.text("flow") or "",
        steps=tuple(_step(Section(node, path, top.findings)) for path, node in entry.items("steps")),
        today=top.text("today") or "1970-01-01",
        llm=entry.flag("llm", False),
        context=entry.values("context"),
        name=entry.text("name") or "",
    )


def _only(section: Section, known: tuple[str, ...]) -> None:
    for name, node in section.children.items():
        if name not in known:
            message = f"'{name}' is unknown here: use {', '.join(known)}."
            section.note(node, "scenario.unknown_key", message, section.at(name))


def _step(entry: Section) -> Step:
    _only(entry, (*_EVENTS, "expect"))
    kinds = [name for name in _EVENTS if name in entry.children]
    line = entry.node.line if entry.node else 1
    if len(kinds) > 1 and entry.node is not None:
        entry.note(entry.node, "scenario.many_events", f"A step has one event, not {' and '.join(kinds)}.")
    kind = kinds[0] if kinds else ""
    return Step(line, kind, _value(entry, kind) if kind else None, _expectation(entry.section("expect")))


def _value(entry: Section, kind: str) -> Any:
    """The event's value in the shape that `_event` wants."""
    if kind == "wait_s":
        return entry.number(kind) or 0.0
    if kind == "dtmf" or (kind == "heard" and not isinstance(entry.children[kind].value, dict)):
        value = entry.children[kind]
        return value.text if isinstance(value.value, (str, int)) else entry.text(kind)
    if kind in ("ask_failed", "silence"):
        return None
    inner = entry.section(kind)
    if kind == "heard":
        _only(inner, ("text", "confidence", "alternative"))
        confidence = inner.number("confidence")
        return Heard(inner.required_text("text"), 1.0 if confidence is None else confidence, inner.text("alternative"))
    name, values = ("action", "data") if kind == "ui" else ("name", "arguments")
    _only(inner, (name, values))
    return inner.required_text(name), thawed(inner.values(values))


def _expectation(section: Section) -> Expectation:
    _only(section, _EXPECT)
    says: str | tuple[str, ...] | None = None
    if "says" in section.children:
        listed = isinstance(section.children["says"].value, list)
        says = section.words("says") if listed else section.text("says")
    for pattern in (says,) if isinstance(says, str) else says or ():
        try:
            compiled(pattern)
        except PatternError as error:
            message = f"Not a pattern: {error}."
            section.note(section.children["says"], "scenario.bad_pattern", message, section.at("says"))
    ended = plain(section.children["ended"]) if section.has("ended") else None
    if ended is not None and not isinstance(ended, (bool, str)):
        section.wrong("ended", "true, false or a reason")
    return Expectation(section.text("state"), section.values("variables"), says, section.words("actions"), ended)


class Run:
    """A flow that is being talked to: it keeps the clock and gathers what was done."""

    def __init__(self, flow: Flow, scenario: Scenario) -> None:
        """Start the flow."""
        self.flow = flow
        self.now_s = 0.0
        self.state: State = initial(flow)
        self.actions: list[Action] = []
        self._asked: int | None = None
        self.send(Started(thawed(scenario.context), scenario.llm, scenario.today))

    def send(self, event: Event) -> None:
        """Do one event, and let everything that it made the flow say be heard."""
        self._do(event)
        if self.state.speaking or self.state.closing is not None:
            self._do(BotFinished())

    def _do(self, event: Event) -> None:
        self.state, actions = step(self.flow, self.state, event, self.now_s)
        self.actions += actions
        for action in actions:
            if isinstance(action, Ask):
                self._asked = action.epoch

    def wait(self, seconds: float) -> None:
        """Let time pass, and deadlines with it."""
        until_s = self.now_s + seconds
        for _ in range(MAX_TICKS):
            due_s = self.state.deadline_s
            if due_s is None or due_s > until_s:
                break
            self.now_s = max(self.now_s, due_s)
            self.send(Tick())
        self.now_s = max(self.now_s, until_s)

    def take(self, kind: str, value: Any) -> None:
        """Do the event of one step."""
        match kind:
            case "heard":
                self.send(value if isinstance(value, Heard) else Heard(str(value)))
            case "ui":
                self.send(UiEvent(*value))
            case "dtmf":
                self.send(Dtmf(value))
            case "tool":
                name, arguments = value
                self.send(ToolCalled("scenario", name, arguments, self.state.epoch))
            case "ask_failed":
                self.send(AskFailed(self.state.epoch if self._asked is None else self._asked, "failed"))
            case "wait_s":
                self.wait(value)
            case "silence":
                due_s = self.state.deadline_s
                self.wait(0.0 if due_s is None else max(0.0, due_s - self.now_s))
            case _:
                pass


def run(flow: Flow, scenario: Scenario) -> tuple[Mismatch, ...]:
    """Run `scenario` on `flow`; gives what was not as expected, in the order of the steps."""
    running, found = Run(flow, scenario), list[Mismatch]()
    for number, entry in enumerate(scenario.steps, 1):
        if entry.kind:
            running.actions = []
            running.take(entry.kind, entry.value)
        event = f"{entry.kind} {_brief(entry.value)}".strip() or "start"
        for what, expected, got in _differences(entry.expect, running):
            found.append(Mismatch(entry.line, number, event, what, expected, got))
    return tuple(found)


def _brief(value: Any) -> str:
    if isinstance(value, Heard):
        return repr(value.text)
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    return "" if value is None else repr(value)


def _differences(expect: Expectation, running: Run) -> list[tuple[str, Any, Any]]:
    state, found = running.state, list[tuple[str, Any, Any]]()
    if expect.state is not None and expect.state != state.node:
        found.append(("state", expect.state, state.node))
    for name, value in thawed(expect.variables).items():
        got = thawed(state.variables).get(name)
        if got != value or isinstance(got, bool) != isinstance(value, bool):
            found.append((f"variables.{name}", value, got))
    said = [action.text for action in running.actions if isinstance(action, Say)]
    if expect.says is not None and not _said(expect.says, said):
        found.append(("says", list(expect.says) if isinstance(expect.says, tuple) else expect.says, said))
    lines = [line for action in running.actions for line in narrate(action)]
    rest = iter(lines)
    if not all(any(_is(line, wanted) for line in rest) for wanted in expect.actions):
        found.append(("actions", list(expect.actions), lines))
    ended: bool | str = state.ended if isinstance(expect.ended, bool) else (state.closing or "") if state.ended else ""
    if expect.ended is not None and expect.ended != ended:
        found.append(("ended", expect.ended, ended))
    return found


def _is(line: str, wanted: str) -> bool:
    """Whether a line of `narrate` is the wanted one, or begins with its words."""
    return line.startswith(wanted) and line[len(wanted) : len(wanted) + 1] in ("", " ", ":")


def _said(wanted: str | tuple[str, ...], said: list[str]) -> bool:
    if isinstance(wanted, str):
        return _fits(wanted, " ".join(said))
    return len(wanted) == len(said) and all(map(_fits, wanted, said))


def _fits(wanted: str, text: str) -> bool:
    return wanted in text or search(wanted, text) is not None
