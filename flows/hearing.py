"""A turn of the user: confirmations first, then patterns, gates, slots, options, and only then the model."""

from collections.abc import Mapping
from typing import Any, Final

from flows.confirming import answer_confirmation, answer_gate, captured, confirm_again, read_back
from flows.entering import enter, follow
from flows.events import Heard, UiEvent
from flows.guards import describe, holds
from flows.model import UtteranceRule, empty
from flows.recognise import choice
from flows.slotfilling import commit, read_turn
from flows.speaking import ask_again, ask_llm, reprompt
from flows.state import Confirmation
from flows.turn import Turn
from flows.ui import on_ui

NO_MATCH_AFTER: Final = 3


def on_heard(turn: Turn, event: Heard) -> None:
    """Answer a turn of the user; something is always said or asked."""
    turn.update(speaking=False, timer_s=None, timeouts=empty(), last_heard=event.text)
    if turn.state.closing is not None:
        _after_the_farewell(turn)
    elif turn.state.confirmation is not None:
        if not (_confirmed(turn, event) or _matched(turn, event)):
            confirm_again(turn)
    elif not (_matched(turn, event) or _gated(turn, event) or _filled(turn, event) or _chosen(turn, event)):
        _not_understood(turn)


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
        if rule.requires_confirmation:
            read_back(turn, Confirmation(((rule.capture_to or "", value),), rule=index))
        elif holds(rule.guard, turn.state.variables):
            _apply(turn, rule, value)
        else:
            turn.block(rule.target, "guard_failed", f"needs {describe(rule.guard)}")
            continue
        return True
    return False


def _apply(turn: Turn, rule: UtteranceRule, value: Any) -> None:
    if rule.capture_to:
        turn.set_variable(rule.capture_to, value)
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
    before = len(turn.actions)
    on_ui(turn, UiEvent("option_select", {"selected_id": reading.value}))
    if not turn.state.speaking and len(turn.actions) >= before:
        ask_again(turn)
    return True


def _options(ui: Mapping[str, Any] | None) -> dict[str, str]:
    listed = (ui or {}).get("options") or ()
    entries = listed if isinstance(listed, tuple) else ()
    return {str(e["id"]): str(e.get("label", e["id"])) for e in entries if isinstance(e, Mapping) and "id" in e}


def _not_understood(turn: Turn) -> None:
    turn.update(misses=turn.state.misses + 1)
    if turn.state.has_llm:
        ask_llm(turn)
        return
    way_out = turn.node.transitions.on_no_match
    if turn.state.misses >= NO_MATCH_AFTER and way_out is not None and follow(turn, way_out):
        return
    reprompt(turn, turn.state.misses - 1)
