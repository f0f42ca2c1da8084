"""Going to a state, and coming to the end."""

from typing import Final

from flows.actions import FlowEnded, HangUp
from flows.guards import describe, holds
from flows.model import ERROR, Edge, StateDef, ToolDef, empty
from flows.speaking import open_node
from flows.turn import Turn

CLOSING_S: Final = 30.0
_APOLOGY: Final = "Sorry, something went wrong on our side. Goodbye."


def enter(turn: Turn, target: str, reason: str = "completed") -> None:
    """Leave the current state and enter `target`.

    Args:
        turn: The step at work.
        target: A state, or a reserved end.
        reason: What `FlowEnded` will say if this leads to the end.
    """
    turn.run_hooks(turn.node.on_exit)
    by_transition = turn.state.node is not None
    node = turn.flow.states.get(target)
    if node is None:
        _leave(turn, target)
        finish(turn, "error" if target == ERROR else reason, _APOLOGY if target == ERROR else None)
        return
    turn.run_hooks(node.on_enter)
    _leave(turn, target)
    turn.update(wanted=_wanted(turn, node))
    if node.is_terminal and by_transition:
        turn.update(closing=reason, closing_deadline_s=turn.now_s + CLOSING_S)
    gate = node.gate
    if gate is not None and not turn.state.wanted and gate_is_filled(turn):
        turn.update(gate_pending=True)
    turn.show()
    open_node(turn)


def _leave(turn: Turn, target: str) -> None:
    turn.update(
        node=target,
        epoch=turn.state.epoch + 1,
        asking=None,
        wanted=(),
        filled=(),
        confirmation=None,
        gate_pending=False,
        gate_confirmed=(),
        misses=0,
        timer_s=None,
    )


def follow(turn: Turn, edge: Edge) -> bool:
    """Take an edge if its guard holds; gives whether a state was entered."""
    if not holds(edge.guard, turn.state.variables):
        turn.block(edge.target, "guard_failed", f"needs {describe(edge.guard)}")
        return False
    turn.set_all(edge.set)
    if not edge.target:
        return False
    turn.update(timeouts=empty())
    enter(turn, edge.target)
    return True


def finish(turn: Turn, reason: str, farewell: str | None = None) -> None:
    """Say the last words; the flow ends once they were heard."""
    turn.update(closing=reason, closing_deadline_s=turn.now_s + CLOSING_S, timer_s=None, flow_deadline_s=None)
    turn.say(turn.flow.settings.farewell if farewell is None else farewell)
    if not turn.state.speaking:
        end(turn)


def end(turn: Turn) -> None:
    """The flow is over, now."""
    reason = turn.state.closing or "completed"
    turn.update(ended=True, timer_s=None, flow_deadline_s=None, closing_deadline_s=None)
    turn.emit(FlowEnded(turn.flow.id, reason, turn.variables()))
    turn.emit(HangUp(reason))


def required_of(tool: ToolDef) -> tuple[str, ...]:
    """What has to be filled before a tool can be called: its required parameters, or all if none is marked."""
    required = tuple(name for name, param in tool.parameters.items() if param.required)
    return required or tuple(tool.parameters)


def _wanted(turn: Turn, node: StateDef) -> tuple[str, ...]:
    """The slots to ask for; where all are known already (a loop), all are asked for again."""
    names: dict[str, bool] = {}
    for tool in node.tools.values():
        for name in required_of(tool):
            names.setdefault(name, turn.state.variables.get(tool.variable_of(name)) is not None)
    unknown = tuple(name for name, known in names.items() if not known)
    return unknown or tuple(names)


def gate_is_filled(turn: Turn) -> bool:
    """Whether every gated variable has a value."""
    gate = turn.node.gate
    return gate is not None and all(turn.state.variables.get(name) not in (None, "") for name in gate.variables)
