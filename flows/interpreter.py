"""Runs a flow: one event in, actions out. Pure and total; the time is an argument."""

from typing import Any, Final, assert_never

from flows.actions import Action, Ask
from flows.calling import begin
from flows.entering import enter
from flows.events import (
    AskFailed,
    BotFinished,
    Dtmf,
    Event,
    Heard,
    LineDone,
    Started,
    Tick,
    ToolCalled,
    UiEvent,
    UserStarted,
)
from flows.hearing import on_heard
from flows.keypad import on_keys
from flows.kinds import kind_of
from flows.line import begin_act, on_line_done
from flows.model import ERROR, Flow
from flows.slotfilling import CONFIRM_BELOW
from flows.speaking import ask_llm
from flows.state import State
from flows.timers import listen, on_ask_failed, on_finished, on_tick
from flows.tools import on_tool
from flows.turn import Turn, slots
from flows.ui import on_ui

__all__ = ["CONFIRM_BELOW", "endpointing", "hides", "initial", "language", "likely_ask", "recogniser", "shown", "step"]

_ENDPOINTING: Final = {"digits": "digits", "phone": "phone", "email": "email", "yes_no": "yes_no", "text": "text"}


def initial(flow: Flow) -> State:
    """The state before `Started`."""
    del flow  # a state of one flow is, at the start, that of any
    return State()


def step(flow: Flow, state: State, event: Event, now_s: float) -> tuple[State, tuple[Action, ...]]:
    """Advance `flow` by one event.

    Args:
        flow: Checked; see `check.py`.
        state: From `initial`, or the last `step`.
        event: What happened. Before `Started` and after the end nothing changes any more.
        now_s: The clock, in seconds; only differences matter.

    Returns:
        The new state, and what is to be done, in order. `state.deadline_s` says when a `Tick` is wanted.
    """
    if state.ended or (state.node is None) != isinstance(event, Started):
        return state, ()
    turn = Turn(flow, state, now_s)
    _dispatch(turn, event)
    while begin_act(turn):
        pass  # each leads to another state, and those are counted
    return turn.state, tuple(turn.actions)


def _dispatch(turn: Turn, event: Event) -> None:
    match event:
        case Started():
            _start(turn, event)
        case Heard():
            on_heard(turn, event)
        case ToolCalled():
            on_tool(turn, event)
        case UiEvent():
            on_ui(turn, event)
            listen(turn)
        case Dtmf():
            on_keys(turn, event)
            listen(turn)
        case UserStarted() | BotFinished() | AskFailed() | LineDone() | Tick():
            _on_moment(turn, event)
        case _:
            assert_never(event)


def _on_moment(turn: Turn, event: UserStarted | BotFinished | AskFailed | LineDone | Tick) -> None:
    match event:
        case UserStarted():
            turn.update(timer_s=None)
        case BotFinished():
            on_finished(turn)
        case AskFailed():
            on_ask_failed(turn, event.epoch)
        case LineDone():
            on_line_done(turn, event)
        case Tick():
            on_tick(turn)


def _start(turn: Turn, event: Started) -> None:
    flow = turn.flow
    limit = flow.settings.max_duration_secs
    turn.update(
        has_llm=event.has_llm,
        today=event.today,
        abilities=event.abilities,
        flow_deadline_s=None if limit is None else turn.now_s + limit,
    )
    begin(turn, dict(event.context))
    if flow.settings.llm_required and not event.has_llm:
        enter(turn, flow.settings.on_error or ERROR, "error")
    else:
        enter(turn, flow.initial_state)


def likely_ask(flow: Flow, state: State) -> Ask | None:
    """What the language model will be asked if the user's next turn needs it; for warming its prompt cache."""
    turn = Turn(flow, state, 0.0)
    if not state.has_llm or state.node not in turn.flow.states:
        return None
    ask_llm(turn)
    return next((action for action in turn.actions if isinstance(action, Ask)), None)


def endpointing(flow: Flow, state: State) -> str:
    """How the end of the user's turn is best found now.

    Returns:
        One of `default`, `text`, `digits`, `phone`, `spelling`, `email`, `yes_no`, `long_answer`.
    """
    if state.confirmation is not None or state.gate_pending:
        return "yes_no"
    turn = Turn(flow, state, 0.0)
    if turn.node.endpointing is not None:
        return turn.node.endpointing
    entry = slots(turn.node).get(state.asking or "")
    return "default" if entry is None else _ENDPOINTING.get(kind_of(entry[1], turn.flow.variables), "default")


def language(flow: Flow, state: State) -> str | None:
    """The BCP 47 tag of what the user is expected to speak now; None where the flow does not say."""
    return Turn(flow, state, 0.0).language


def recogniser(flow: Flow, state: State) -> str | None:
    """What listens to the user now, `VENDOR:MODEL`; None where the flow does not say."""
    return Turn(flow, state, 0.0).stt


def hides(flow: Flow, state: State) -> bool:
    """Whether what the user says now is a secret."""
    entry = slots(Turn(flow, state, 0.0).node).get(state.asking or "")
    return entry is not None and entry[1].secret


def shown(flow: Flow, state: State) -> dict[str, Any]:
    """The variables that are set, for records: what is secret is masked."""
    return dict(Turn(flow, state, 0.0).told)
