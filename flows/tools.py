"""Tool calls of the language model."""

from typing import Any

from flows.actions import ToolReturned
from flows.confirming import confirm_gate, reject_gate
from flows.entering import follow, gate_is_filled, required_of
from flows.events import ToolCalled
from flows.guards import chosen, describe, holds
from flows.line import on_engine_tool
from flows.model import Edge, Gate, ParamDef, ToolDef
from flows.patterns import search
from flows.schema import CONFIRM, REJECT
from flows.speaking import gate_question, label_of
from flows.spoken import listed
from flows.turn import Turn, field_ids, field_labels
from flows.values import ValueProblem, coerce_parameter


def on_tool(turn: Turn, event: ToolCalled) -> None:
    """Do what the model called, if this state allows it; a refusal is told to the model, so that it recovers."""
    if event.epoch != turn.state.epoch or turn.state.closing is not None:
        return
    turn.update(llm_failures=0)
    if on_engine_tool(turn, event):
        return
    gate = turn.node.gate
    if gate is not None and _gate_tool(turn, gate, event):
        return
    tool = turn.node.tools.get(event.tool)
    if tool is None:
        detail = f"The tool '{event.tool}' cannot be used in this step."
        _return(turn, event, turn.block("?", "tool_not_allowed", detail))
        return
    edge = turn.node.transitions.on_tool_call.get(tool.name) if tool.advances else None
    if gate is not None and turn.state.gate_pending and edge is not None and edge.target and not _captures(tool, gate):
        detail = "The caller has not confirmed yet. Ask for the confirmation first."
        _return(turn, event, turn.block(edge.target, "pending_confirmation", detail))
        return
    _call(turn, event, tool, edge)


def _call(turn: Turn, event: ToolCalled, tool: ToolDef, edge: Edge | None) -> None:
    problems = _store(turn, tool, event)
    edge = edge and chosen(edge, turn.state.variables)
    if problems:
        _return(turn, event, f"Not accepted: {'; '.join(problems)}. Ask the caller again.")
        return
    lacking = [name for name in required_of(tool) if turn.state.variables.get(tool.variable_of(name)) is None]
    lacking = [name for name in lacking if tool.parameters[name].required]
    if lacking:
        _return(turn, event, f"Still missing: {listed([label_of(turn, name) for name in lacking])}. Ask for it.")
    elif turn.node.gate is not None and gate_is_filled(turn) and _gated(turn, tool):
        turn.update(gate_pending=True, asking=None)
        _return(turn, event, tool.speech_cue or f"Ask the caller to confirm: {gate_question(turn)}")
    elif edge is None:
        _return(turn, event, cue(turn, tool))
    elif not holds(edge.guard, turn.state.variables):
        told = turn.block(edge.target, "guard_failed", f"needs {describe(edge.guard)}")
        _return(turn, event, f"Not possible: {told}")
    elif edge.target:
        turn.emit(ToolReturned(event.call_id, "", run_again=False))
        follow(turn, edge)
    else:
        follow(turn, edge)
        _return(turn, event, cue(turn, tool))


def _captures(tool: ToolDef, gate: Gate) -> bool:
    return any(tool.variable_of(name) in gate.variables for name in tool.parameters)


def _gated(turn: Turn, tool: ToolDef) -> bool:
    """A pending gate whose values were not touched asks again only if this tool captures."""
    return bool(tool.parameters) or not turn.state.gate_pending


def _gate_tool(turn: Turn, gate: Gate, event: ToolCalled) -> bool:
    for name in gate.variables:
        if event.tool == REJECT + name:
            turn.emit(ToolReturned(event.call_id, "", run_again=False))
            reject_gate(turn, gate, (name,))
            return True
        if event.tool == CONFIRM + name:
            _confirm(turn, gate, name, event)
            return True
    return False


def _confirm(turn: Turn, gate: Gate, name: str, event: ToolCalled) -> None:
    if not turn.state.gate_pending:
        if gate_is_filled(turn):
            turn.update(gate_pending=True)
            _return(turn, event, f"Ask the caller to confirm first: {gate_question(turn)}")
        else:
            _return(turn, event, f"There is nothing to confirm yet: {name} is not known. Ask for it.")
        return
    confirmed = {*turn.state.gate_confirmed, name}
    turn.update(gate_confirmed=tuple(sorted(confirmed)))
    open_names = [each for each in gate.variables if each not in confirmed]
    if open_names:
        _return(turn, event, f"Now ask the caller to confirm {listed([n.replace('_', ' ') for n in open_names])}.")
    else:
        turn.emit(ToolReturned(event.call_id, "", run_again=False))
        confirm_gate(turn, gate)


def _store(turn: Turn, tool: ToolDef, event: ToolCalled) -> list[str]:
    """Set the arguments that fit; gives what does not fit."""
    problems = []
    given = {name: value for name, value in event.arguments.items() if value is not None}
    for name, value in _backfilled(turn, tool, given).items():
        param = tool.parameters.get(name)
        if param is None and name not in turn.flow.variables:
            continue
        try:
            fitting = value if param is None else coerce_parameter(param, value)
        except ValueProblem as problem:
            turn.block("?", "variable_invalid", f"'{name}' {problem}.")
            problems.append(f"{name} {problem}")
            continue
        reason = turn.set_variable(tool.variable_of(name), fitting)
        if reason is not None:
            problems.append(reason)
        elif param is not None:
            turn.update(filled=tuple(dict.fromkeys((*turn.state.filled, name))))
    if not tool.parameters and tool.sets_variable is not None:
        turn.set_variable(tool.sets_variable, True)
    return problems


def _backfilled(turn: Turn, tool: ToolDef, given: dict[str, Any]) -> dict[str, Any]:
    """Arguments that are missing or do not fit, taken from the last turn by `auto_extract`."""
    filled = dict(given)
    for name, patterns in tool.auto_extract.items():
        param = tool.parameters.get(name, ParamDef(name))
        if name in filled and _fits(param, filled[name]):
            continue
        hits = (search(pattern, turn.state.last_heard) for pattern in patterns)
        found = next((hit.strip() for hit in hits if hit and hit.strip()), None)
        if found is not None:
            filled[name] = found
    return filled


def _fits(param: ParamDef, value: Any) -> bool:
    try:
        coerce_parameter(param, value)
    except ValueProblem:
        return False
    return value not in (None, "")


def cue(turn: Turn, tool: ToolDef) -> str:
    """What the model is told when the flow stays in the state."""
    if tool.speech_cue:
        return tool.speech_cue
    ui = turn.node.ui
    if ui is None or ui.get("artifact_type") != "form":
        return "Noted. Go on with the conversation."
    labels = field_labels(ui)
    open_ids = [name for name in field_ids(ui) if turn.state.variables.get(name) in (None, "", False)]
    if not open_ids:
        return "Everything is captured. Go on."
    return f"Noted. Now ask for {listed([labels.get(name, name) for name in open_ids])}."


def _return(turn: Turn, event: ToolCalled, result: str) -> None:
    turn.emit(ToolReturned(event.call_id, result, run_again=True))
    turn.update(speaking=True)
