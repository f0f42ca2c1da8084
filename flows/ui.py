"""What the user does on the screen."""

from collections.abc import Mapping
from typing import Any, Final

from flows.confirming import confirm_gate, reject_gate
from flows.entering import follow, go_back
from flows.events import UiEvent
from flows.model import Edge, empty
from flows.slotfilling import advance, complete_tool
from flows.speaking import ask_llm, go_on, llm_speaks, missing, without_braces
from flows.turn import Turn, slots
from flows.values import ValueProblem, coerce_parameter

MAX_KEYS: Final = 64
_IMPLIED: Final = frozenset({"form_submit", "option_select"})


def on_ui(turn: Turn, event: UiEvent) -> None:
    """Take what was typed or tapped; it passes gates and confirmations."""
    if turn.state.closing is not None:
        return
    turn.update(timeouts=empty(), timer_s=None, keys="", keys_deadline_s=None)
    if event.action == "form_validation_error":
        _remind(turn, event.data)
        return
    moves = turn.node.transitions
    fits = _store(turn, event.data)
    edge = moves.on_ui_event.get(event.action) or moves.on_action.get(event.action)
    if edge is not None:
        _take(turn, edge)
    elif turn.node.gate is not None and event.action in ("confirm", "reject"):
        confirm_gate(turn, turn.node.gate) if event.action == "confirm" else reject_gate(turn, turn.node.gate)
    elif event.action == "back" and turn.can_go_back:
        go_back(turn)
    elif not fits:
        turn.say("Sorry, that does not fit. Please check it.")
    elif complete_tool(turn) is not None:
        advance(turn)
    elif event.data and (event.action in _IMPLIED or missing(turn)):
        go_on(turn)
    elif not event.data:
        turn.block("?", "invalid_target", f"Nothing here answers '{event.action}'.")


def _take(turn: Turn, edge: Edge) -> None:
    turn.update(confirmation=None, gate_pending=False)
    follow(turn, edge)


def _remind(turn: Turn, data: Mapping[str, Any]) -> None:
    fields = str(data.get("missing_fields") or "the missing fields")[:200]
    if llm_speaks(turn):
        ask_llm(turn, f"The form was sent without: {fields}. Ask for it.")
    else:
        turn.say(f"Please fill in {without_braces(fields.replace('_', ' '))}.")


def _store(turn: Turn, data: Mapping[str, Any]) -> bool:
    """Store all entries as variables; gives whether all fitted."""
    fits = True
    for name, value in list(data.items())[:MAX_KEYS]:
        fits = _set(turn, str(name), value) and fits
    chosen = data.get("selected_id")
    if isinstance(chosen, str):
        owners = [name for name, declared in turn.flow.variables.items() if chosen in declared.enum]
        if len(owners) == 1 and owners[0] not in data:
            fits = _set(turn, owners[0], chosen) and fits
    return fits


def _set(turn: Turn, name: str, value: Any) -> bool:
    entries = slots(turn.node)
    parameters = [key for key, (tool, _) in entries.items() if tool.variable_of(key) == name]
    try:
        for parameter in parameters:
            value = coerce_parameter(entries[parameter][1], None if value == "" else value)
    except ValueProblem as problem:
        turn.block("?", "variable_invalid", f"'{name}' {problem}.")
        return False
    if turn.set_variable(name, value) is not None:
        return False
    if value is not None and parameters:
        turn.update(filled=tuple(dict.fromkeys((*turn.state.filled, *parameters))))
    waiting = turn.state.confirmation
    if waiting is not None and any(parameter in parameters for parameter, _ in waiting.values):
        turn.update(confirmation=None)
    return True
