"""Going to a state, and coming to the end."""

from typing import Final

from flows.actions import FlowEnded, HangUp
from flows.calling import pop, push
from flows.guards import chosen, describe, holds
from flows.model import END, ERROR, Call, Edge, StateDef, ToolDef, empty, thawed
from flows.speaking import open_node
from flows.turn import Turn

CLOSING_S: Final = 30.0
MAX_HOPS: Final = 32
MAX_HISTORY: Final = 32
_APOLOGY: Final = "Sorry, something went wrong on our side. Goodbye."


def enter(turn: Turn, target: str, reason: str = "completed") -> None:
    """Leave the current state and enter `target`.

    Args:
        turn: The step at work.
        target: A state, or a reserved end.
        reason: What `FlowEnded` will say if this leads to the end.
    """
    turn.run_hooks(turn.node.on_exit)
    node = turn.flow.states.get(target)
    if node is not None:
        _arrive(turn, node, turn.state.node, reason)
    elif target == ERROR:
        fail(turn)
    elif turn.state.frames:
        _return(turn)
    else:
        _leave(turn, END)
        finish(turn, reason)


def go_back(turn: Turn) -> None:
    """Enter the state before, in the calling flow if this one has just begun; `turn.can_go_back` must hold."""
    turn.run_hooks(turn.node.on_exit)
    while not turn.state.history:
        pop(turn)
    *before, target = turn.state.history
    turn.update(history=tuple(before), timeouts=empty())
    _arrive(turn, turn.flow.states[target], None, "completed")


def unwind(turn: Turn) -> None:
    """Leave all called flows, without their results."""
    while turn.state.frames:
        pop(turn)


def fail(turn: Turn) -> None:
    """The flow cannot go on: the nearest caller that foresaw it does, else the call ends with an apology."""
    while turn.state.frames:
        call = pop(turn)
        if call.on_error is not None and turn.hops <= MAX_HOPS:
            enter(turn, call.on_error, "error")
            return
    _leave(turn, ERROR)
    finish(turn, "error", _APOLOGY)


def _arrive(turn: Turn, node: StateDef, before: str | None, reason: str) -> None:
    turn.hops += 1
    if turn.hops > MAX_HOPS:
        fail(turn)
        return
    if before is not None and before != node.name:
        _remember(turn, before)
        _begin_anew(turn, node)
    turn.run_hooks(node.on_enter)
    started = turn.state.node is None
    _leave(turn, node.name)
    turn.update(wanted=_wanted(turn, node))
    if node.call is not None:
        _show_and_say(turn, node)
        _call(turn, node.call)
    elif node.is_terminal and turn.state.frames:
        _show_and_say(turn, node)
        _return(turn)
    else:
        if node.is_terminal and not (started and reason == "completed"):
            turn.update(closing=reason, closing_deadline_s=turn.now_s + CLOSING_S)
        if node.gate is not None and not turn.state.wanted and gate_is_filled(turn):
            turn.update(gate_pending=True)
        turn.show()
        open_node(turn)


def _show_and_say(turn: Turn, node: StateDef) -> None:
    turn.show()
    for line in node.say:
        turn.say(line)


def _remember(turn: Turn, before: str) -> None:
    node = turn.flow.states[before]
    if turn.allows_back and node.call is None:
        turn.update(history=(*turn.state.history, before)[-MAX_HISTORY:])


def _begin_anew(turn: Turn, node: StateDef) -> None:
    """A flow that comes to its first state again forgets what does not persist."""
    if node.name != turn.flow.initial_state:
        return
    for name, declared in turn.flow.variables.items():
        if not declared.persist and turn.state.variables.get(name) != declared.default:
            turn.set_variable(name, declared.default)


def _call(turn: Turn, call: Call) -> None:
    if not push(turn, call):
        turn.block(call.flow, "invalid_target", f"The flow '{call.flow}' cannot be called here.")
        if call.on_error is not None:
            enter(turn, call.on_error, "error")
        else:
            fail(turn)
        return
    _arrive(turn, turn.flow.states[turn.flow.initial_state], None, "completed")


def _return(turn: Turn) -> None:
    """A called flow has come to its end: its results are taken, and the caller goes on."""
    results = turn.state.variables
    call = pop(turn)
    for name, inner in call.taken.items():
        if results.get(inner) is not None:
            turn.set_variable(name, thawed(results[inner]))
    enter(turn, call.then)


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
        keys="",
        keys_deadline_s=None,
    )


def follow(turn: Turn, edge: Edge) -> bool:
    """Take an edge, or its first alternative, whose guard holds; gives whether a state was entered."""
    edge = chosen(edge, turn.state.variables)
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
    turn.update(ended=True, timer_s=None, flow_deadline_s=None, closing_deadline_s=None, keys_deadline_s=None)
    unset = (name for name, each in turn.flow.variables.items() if each.required)
    missing = tuple(name for name in unset if turn.state.variables.get(name) in (None, ""))
    turn.emit(FlowEnded(turn.flow.id, reason, turn.variables(), missing))
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
