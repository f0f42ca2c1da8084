"""Flows that call flows: what is put aside, and what is taken up again."""

import re
from types import MappingProxyType
from typing import Any, Final

from flows.interpolate import fill
from flows.model import Call, thawed
from flows.state import Frame
from flows.turn import Turn

MAX_DEPTH: Final = 8

_WHOLE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def push(turn: Turn, call: Call) -> bool:
    """Go into the flow that `call` names; gives False, and changes nothing, where that cannot be."""
    key = turn.root.key_of(call)
    if key is None or len(turn.state.frames) >= MAX_DEPTH:
        return False
    called = turn.root.library[key]
    if called.settings.llm_required and not turn.state.has_llm:
        return False
    state = turn.state
    given = {name: value for name, each in call.given.items() if (value := _given(turn, each)) is not None}
    frame = Frame(state.flow, turn.node.name, state.variables, state.history)
    turn.update(flow=key, frames=(*state.frames, frame), variables=MappingProxyType({}), history=(), node=None)
    turn.flow = called
    begin(turn, given)
    return True


def pop(turn: Turn) -> Call:
    """Go back to the state that called, as it was; gives its call."""
    *outer, frame = turn.state.frames
    turn.update(flow=frame.flow, frames=tuple(outer), variables=frame.variables, history=frame.history, node=frame.node)
    turn.flow = turn.root if frame.flow is None else turn.root.library[frame.flow]
    call = turn.node.call
    assert call is not None, "only a state that calls waits for a return"
    return call


def begin(turn: Turn, given: dict[str, Any]) -> None:
    """Set the variables that a flow starts with: its defaults, and over them what it is given and what fits."""
    flow = turn.flow
    defaults = {name: each.default for name, each in flow.variables.items() if each.default is not None}
    for name, value in {**defaults, **given}.items():
        if turn.set_variable(name, value) is not None and name in given and name in defaults:
            turn.set_variable(name, defaults[name])


def _given(turn: Turn, value: Any) -> Any:
    """A value for the called flow: a placeholder that stands alone keeps its type, or is nothing."""
    if not isinstance(value, str):
        return thawed(value)
    alone = _WHOLE.fullmatch(value)
    return turn.state.variables.get(alone[1]) if alone else fill(value, turn.state.variables)
