"""A turn of the user: confirmations first, then patterns, gates, slots, options, and only then the model."""

import re
from collections.abc import Mapping
from typing import Any, Final

from flows.confirming import answer_confirmation, answer_gate, captured, confirm_again, read_back
from flows.entering import enter, follow, go_back
from flows.events import Heard, UiEvent
from flows.guards import describe, holds
from flows.model import UtteranceRule, empty
from flows.recognise import choice
from flows.slotfilling import commit, read_turn
from flows.speaking import ask_again, ask_llm, reprompt
from flows.state import PASSING_ON, TERMINATED, Confirmation
from flows.turn import Turn
from flows.ui import on_ui
from flows.values import ValueProblem, coerce_variable

NO_MATCH_AFTER: Final = 3

_BACK_CHARS: Final = 200
_BACK: Final = re.compile(
    r"\W*(?:(?:please|can|could|we|you|i|want|would|like|to|let's|let|us|no|wait|actually|sorry)\W+)*"
    r"(?:(?:go|take me|step|move|jump) (?:one (?:step )?)?back|back"
    r"|(?:go to (?:the )?)?previous(?: (?:question|step|one))?)"
    r"(?:\W+(?:please|one|a|step|question|to the (?:last|previous) (?:question|step|one)))*\W*",
    re.IGNORECASE,
)


def on_heard(turn: Turn, event: Heard) -> None:
    """Answer a turn of the user; something is always said or asked, unless the call is being passed on or ended."""
    if turn.state.line == PASSING_ON or turn.state.closing == TERMINATED:
        return
    turn.update(speaking=False, timer_s=None, timeouts=empty(), last_heard=event.text)
    turn.update(keys="", keys_deadline_s=None)
    if turn.state.closing is not None:
        _after_the_farewell(turn)
    elif turn.state.confirmation is not None:
        if not (_confirmed(turn, event) or _matched(turn, event) or _went_back(turn, event)):
            confirm_again(turn)
    elif not any(understood(turn, event) for understood in (_matched, _went_back, _gated, _filled, _chosen)):
        not_understood(turn)


def _after_the_farewell(turn: Turn) -> None:
    if turn.state.has_llm and turn.node.prompt:
        ask_llm(turn)
    else:
        turn.say("Goodbye.")


def _confirmed(turn: Turn, event: Heard) -> bool:
    return answer_confirmation(turn, event.text, event.confidence, _apply)


def _matched(turn: Turn, event: Heard) -> bool:
    for index, rule in enumerate(turn.node.transitions.on_utterance):
        value = captured(rule, event.text)
        if value is None:
            continue
        if not holds(rule.guard, _with_capture(turn, rule, value)):
            turn.block(rule.target, "guard_failed", f"needs {describe(rule.guard)}")
            continue
        if rule.requires_confirmation:
            read_back(turn, Confirmation(((rule.capture_to or "", value),), rule=index))
        else:
            _apply(turn, rule, value)
        return True
    return False


def _with_capture(turn: Turn, rule: UtteranceRule, value: str) -> Mapping[str, Any]:
    """The variables as they would be: a guard may look at what its own pattern took."""
    if rule.capture_to is None:
        return turn.state.variables
    try:
        fitting = coerce_variable(rule.capture_to, value, turn.flow.variables)
    except ValueProblem:
        fitting = value
    return {**turn.state.variables, rule.capture_to: fitting}


def _went_back(turn: Turn, event: Heard) -> bool:
    if not turn.allows_back or not _BACK.fullmatch(event.text[:_BACK_CHARS]):
        return False
    if turn.can_go_back:
        go_back(turn)
    else:
        ask_again(turn, "There is nothing to go back to.")
    return True


def _apply(turn: Turn, rule: UtteranceRule, value: Any) -> None:
    if rule.capture_to and turn.set_variable(rule.capture_to, value) is not None:
        ask_again(turn, "Sorry, that does not fit.")
        return
    turn.set_all(rule.set)
    if rule.target:
        enter(turn, rule.target)
    else:
        ask_again(turn)


def _gated(turn: Turn, event: Heard) -> bool:
    if not turn.state.gate_pending or turn.node.gate is None:
        return False
    return answer_gate(turn, event.text)


def _filled(turn: Turn, event: Heard) -> bool:
    understood = read_turn(turn, event.text, event.alternative, event.confidence)
    if not understood.values:
        return False
    if understood.doubtful:
        read_back(turn, Confirmation(tuple(understood.values.items())))
    else:
        commit(turn, understood.values)
    return True


def _chosen(turn: Turn, event: Heard) -> bool:
    """An option on the screen that was named aloud counts as tapped."""
    options = _options(turn.node.ui)
    moves = turn.node.transitions
    if not options or not ("option_select" in moves.on_ui_event or "option_select" in moves.on_action):
        return False
    synonyms = {key: (label,) for key, label in options.items()}
    reading = choice.find(event.text, tuple(options), synonyms)
    if reading is None:
        return False
    on_ui(turn, UiEvent("option_select", {"selected_id": reading.value}))
    if not turn.state.speaking:
        ask_again(turn)
    return True


def _options(ui: Mapping[str, Any] | None) -> dict[str, str]:
    listed = (ui or {}).get("options") or ()
    entries = listed if isinstance(listed, tuple) else ()
    return {str(e["id"]): str(e.get("label", e["id"])) for e in entries if isinstance(e, Mapping) and "id" in e}


def not_understood(turn: Turn, note: str = "") -> None:
    """Nothing was understood: the model answers, told `note`; without one the question is asked in other words."""
    turn.update(misses=turn.state.misses + 1)
    if turn.state.has_llm:
        ask_llm(turn, note)
        return
    way_out = turn.node.transitions.on_no_match
    if turn.state.misses >= NO_MATCH_AFTER and way_out is not None and follow(turn, way_out):
        return
    reprompt(turn, turn.state.misses - 1)
