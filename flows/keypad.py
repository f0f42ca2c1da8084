"""Telephone keys: menus, numbers keyed in, and 1 or 2 for yes or no."""

from typing import Any, Final

from flows.confirming import confirm_again
from flows.entering import follow
from flows.events import Dtmf, Heard
from flows.guards import chosen
from flows.hearing import not_understood, on_heard
from flows.kinds import kind_of
from flows.model import ParamDef, empty
from flows.slotfilling import commit
from flows.speaking import ask_again
from flows.state import PASSING_ON
from flows.turn import Turn, slots
from flows.values import ValueProblem, coerce_parameter

MORE_KEYS_S: Final = 3.0
MAX_KEYS: Final = 64

_KEYED: Final = ("digits", "phone", "number")
_ANSWERS: Final = {"1": "Yes.", "2": "No."}
_PHONE_DIGITS: Final = 7
_NOTE: Final = "The caller pressed a telephone key that means nothing here. Ask again."


def on_keys(turn: Turn, event: Dtmf) -> None:
    """Take keys one by one; a state that waits for none is not disturbed."""
    for key in event.digits[:MAX_KEYS]:
        busy = turn.state.closing is not None or turn.state.line == PASSING_ON
        if key in "0123456789*#" and not busy and _waits_for_keys(turn):
            turn.update(timeouts=empty(), timer_s=None, keys_deadline_s=None)
            _press(turn, key)


def keys_over(turn: Turn) -> None:
    """No further key came: what was pressed so far counts."""
    turn.update(keys_deadline_s=None)
    param = _keyed_slot(turn)
    if param is not None:
        _end(turn, param, "#")
    else:
        _press(turn, "#")


def _waits_for_keys(turn: Turn) -> bool:
    return bool(turn.node.transitions.on_dtmf) or _keyed_slot(turn) is not None or _asks_yes_or_no(turn)


def _keyed_slot(turn: Turn) -> ParamDef | None:
    """The slot asked for, if it can be keyed in."""
    entry = slots(turn.node).get(turn.state.asking or "")
    if entry is None or turn.state.confirmation is not None or turn.state.gate_pending:
        return None
    return entry[1] if kind_of(entry[1], turn.flow.variables) in _KEYED else None


def _asks_yes_or_no(turn: Turn) -> bool:
    if turn.state.confirmation is not None or turn.state.gate_pending:
        return True
    entry = slots(turn.node).get(turn.state.asking or "")
    return entry is not None and kind_of(entry[1], turn.flow.variables) == "yes_no"


def _press(turn: Turn, key: str) -> None:
    param = _keyed_slot(turn)
    if param is not None:
        _collect(turn, param, key)
    elif key in _ANSWERS and not turn.state.keys and _is_answer(turn, key):
        on_heard(turn, Heard(_ANSWERS[key]))
    else:
        _choose(turn, key)


def _is_answer(turn: Turn, key: str) -> bool:
    """Yes or no, unless the flow's own menu has that key; a value that was read back comes before the menu."""
    in_menu = any(each.startswith(key) for each in turn.node.transitions.on_dtmf)
    return turn.state.confirmation is not None or (_asks_yes_or_no(turn) and not in_menu)


def _choose(turn: Turn, key: str) -> None:
    keys = turn.state.keys + ("" if key == "#" else key)
    longer = any(each != keys and each.startswith(keys) for each in turn.node.transitions.on_dtmf)
    if longer and key != "#":
        _wait(turn, keys)
    elif not _go(turn, keys):
        _wrong(turn)


def _collect(turn: Turn, param: ParamDef, key: str) -> None:
    keys = turn.state.keys
    if key == param.keys.end:
        _end(turn, param, key)
    elif key in "*#":  # the other one starts again
        turn.update(keys="")
        if not keys:
            _go(turn, key)
    elif _is_full(turn, param, keys + key):
        _fill(turn, param, keys + key)
    else:
        _wait(turn, keys + key, param.keys.wait_s)


def _end(turn: Turn, param: ParamDef, key: str) -> None:
    """The slot is keyed in, unless the menu has these keys."""
    if not _go(turn, turn.state.keys or ("" if key == "#" else key)):
        _fill(turn, param, turn.state.keys)


def _wait(turn: Turn, keys: str, wait_s: float = MORE_KEYS_S) -> None:
    turn.update(keys=keys, keys_deadline_s=turn.now_s + wait_s)


def _go(turn: Turn, keys: str) -> bool:
    """Take the menu entry for `keys`, if there is one; where its guard fails, it is asked again."""
    edge = turn.node.transitions.on_dtmf.get(keys)
    if edge is None:
        return False
    turn.update(keys="", confirmation=None)
    if follow(turn, edge):
        return True
    if chosen(edge, turn.state.variables).target is None:
        ask_again(turn)
    else:
        not_understood(turn, _NOTE)
    return True


def _wrong(turn: Turn) -> None:
    turn.update(keys="")
    if turn.state.confirmation is not None:
        confirm_again(turn)
    else:
        not_understood(turn, _NOTE)


def _is_full(turn: Turn, param: ParamDef, keys: str) -> bool:
    """Whether no further digit can follow."""
    if param.keys.longest is not None and len(keys) >= param.keys.longest:
        return True
    if kind_of(param, turn.flow.variables) == "number":
        most = param.schema.get("maximum")
        return isinstance(most, (int, float)) and int(keys) * 10 > most
    longest = param.schema.get("maxLength")
    return isinstance(longest, int) and len(keys) >= longest


def _fill(turn: Turn, param: ParamDef, keys: str) -> None:
    """Keys are exact, so nothing is read back."""
    value: Any = int(keys) if keys and kind_of(param, turn.flow.variables) == "number" else keys
    too_short = kind_of(param, turn.flow.variables) == "phone" and len(keys) < _PHONE_DIGITS
    try:
        coerce_parameter(param, value)
    except ValueProblem:
        too_short = True
    if too_short or not keys:
        _wrong(turn)
    else:
        turn.update(keys="")
        commit(turn, {param.name: value})
