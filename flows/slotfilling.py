"""Reads slots out of a turn of the user, and goes on with what they hold."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flows.entering import follow, gate_is_filled, required_of
from flows.guards import chosen
from flows.kinds import kind_of, options_of
from flows.model import ParamDef, ToolDef
from flows.patterns import search
from flows.recognise.reading import blanked
from flows.recognise.registry import Slot, recognise
from flows.speaking import ask_again, gate_question, go_on, missing
from flows.turn import Turn, slots
from flows.values import ValueProblem, coerce_parameter

CONFIRM_BELOW: Final = 0.6

_GREEDY: Final = ("text", "name", "digits", "phone", "email")
_UNMISTAKABLE: Final = ("email", "phone", "date", "time", "enum", "name")
_PLAIN: Final = ("text", "name")


@dataclass(frozen=True, slots=True)
class Understood:
    """What both readings of a turn gave: the values, and which of them have to be confirmed."""

    values: dict[str, Any]
    doubtful: tuple[str, ...]


def slot_of(turn: Turn, param: ParamDef) -> Slot:
    """What a recogniser needs to know of a parameter."""
    low, high = param.schema.get("minimum"), param.schema.get("maximum")
    return Slot(
        kind_of(param, turn.flow.variables),
        options_of(param, turn.flow.variables),
        param.synonyms,
        low if isinstance(low, (int, float)) else None,
        high if isinstance(high, (int, float)) else None,
    )


def today_of(turn: Turn) -> date:
    """The caller's day."""
    try:
        return date.fromisoformat(turn.state.today)
    except ValueError:
        return date(1970, 1, 1)


def read_turn(turn: Turn, text: str, alternative: str | None, confidence: float) -> Understood:
    """Read a turn in both transcripts and weigh them."""
    first = read_slots(turn, text)
    second = read_slots(turn, alternative) if alternative else {}
    params = slots(turn.node)
    values, doubtful = {}, []
    for name in dict.fromkeys((*first, *second)):
        param = params[name][1]
        kind = kind_of(param, turn.flow.variables)
        value = first.get(name, second.get(name))
        clash = name in second and first.get(name) != second[name]
        agreed = name in second and not clash
        if kind in ("yes_no", "text"):
            if kind == "yes_no" and clash and name in first:
                continue
            clash, agreed = False, True
        values[name] = value
        doubt = clash or (confidence < CONFIRM_BELOW and not agreed)
        if param.confirm == "always" or (doubt and param.confirm != "never"):
            doubtful.append(name)
    return Understood(values, tuple(doubtful))


def read_slots(turn: Turn, text: str) -> dict[str, Any]:
    """The slots that `text` fills: the one asked for, and whatever else is unmistakable."""
    open_slots = {name: entry for name, entry in slots(turn.node).items() if _is_open(turn, name, entry)}
    found = _read(turn, text, open_slots)
    if found:
        return found
    done = {name: entry for name, entry in slots(turn.node).items() if name in turn.state.filled}
    return _read(turn, text, done)


def _is_open(turn: Turn, name: str, entry: tuple[ToolDef, ParamDef]) -> bool:
    if name in turn.state.filled:
        return False
    known = turn.state.variables.get(entry[0].variable_of(name)) is not None
    return name in turn.state.wanted or not known


def _read(turn: Turn, text: str, entries: dict[str, tuple[ToolDef, ParamDef]]) -> dict[str, Any]:
    asking = turn.state.asking if turn.state.asking in entries else None
    kinds = {name: _usable_kind(turn, param) for name, (_, param) in entries.items()}
    order = sorted((name for name in entries if name != asking), key=lambda name: _rank(kinds[name]))
    if asking is not None:
        greedy = kinds[asking] in _GREEDY
        if kinds[asking] == "text":
            order = []
        order = [asking, *order] if greedy else [*order, asking]
    found: dict[str, Any] = {}
    for name in order:
        tool, param = entries[name]
        value = _extracted(tool, name, text)
        if value is None and kinds[name] is not None:
            reading = recognise(slot_of(turn, param), text, today_of(turn), asked=name == asking)
            if reading is not None:
                value, text = reading.value, blanked(text, reading)
        if value is not None:
            found[name] = value
    return {name: found[name] for name in entries if name in found}


def _rank(kind: str | None) -> int:
    return _UNMISTAKABLE.index(kind) if kind in _UNMISTAKABLE else len(_UNMISTAKABLE)


def _usable_kind(turn: Turn, param: ParamDef) -> str | None:
    """Where the model leads, only recognisers that the flow names; where it only helps, no guessing at free text."""
    if param.recognise is not None or not turn.state.has_llm:
        return kind_of(param, turn.flow.variables)
    if not turn.node.say:
        return None
    kind = kind_of(param, turn.flow.variables)
    return None if kind in _PLAIN else kind


def _extracted(tool: ToolDef, name: str, text: str) -> str | None:
    for pattern in tool.auto_extract.get(name, ()):
        hit = search(pattern, text)
        if hit is not None and hit.strip():
            return hit.strip()
    return None


def commit(turn: Turn, values: dict[str, Any]) -> None:
    """Store heard values, then call the tool that is complete, or ask for what is missing."""
    entries = slots(turn.node)
    refused = False
    for name, value in values.items():
        tool, param = entries[name]
        if _store(turn, tool.variable_of(name), param, value):
            turn.update(filled=tuple(dict.fromkeys((*turn.state.filled, name))))
        else:
            refused = True
    turn.update(misses=0)
    if refused:
        ask_again(turn, "Sorry, that does not fit.")
    else:
        advance(turn)


def _store(turn: Turn, variable: str, param: ParamDef, value: Any) -> bool:
    try:
        value = coerce_parameter(param, value)
    except ValueProblem as problem:
        turn.block("?", "variable_invalid", f"'{variable}' {problem}.")
        return False
    return turn.set_variable(variable, value) is None


def advance(turn: Turn) -> None:
    """Go on from the slots filled so far."""
    node = turn.node
    if node.gate is not None and not missing(turn) and gate_is_filled(turn):
        turn.update(gate_pending=True, asking=None)
        turn.say(gate_question(turn))
        return
    tool = complete_tool(turn)
    if tool is None:
        go_on(turn)
        return
    if not follow(turn, node.transitions.on_tool_call[tool.name]):
        turn.update(filled=tuple(name for name in turn.state.filled if name not in tool.parameters))
        turn.update(wanted=tuple(dict.fromkeys((*turn.state.wanted, *required_of(tool)))))
        turn.update(asking=next(iter(missing(turn)), None))
        ask_again(turn, "Sorry, that is not possible.")


def complete_tool(turn: Turn) -> ToolDef | None:
    """The first tool that leads on and has all it needs, something of it heard in this visit."""
    for tool in turn.node.tools.values():
        edge = turn.node.transitions.on_tool_call.get(tool.name)
        if edge is None or not chosen(edge, turn.state.variables).target or not tool.advances or not tool.parameters:
            continue
        heard = [name for name in tool.parameters if name in turn.state.filled]
        lacking = [name for name in required_of(tool) if not _has(turn, tool, name)]
        if heard and not lacking:
            return tool
    return None


def _has(turn: Turn, tool: ToolDef, name: str) -> bool:
    if name in turn.state.wanted:
        return name in turn.state.filled
    return turn.state.variables.get(tool.variable_of(name)) is not None
