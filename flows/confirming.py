"""Reading back what was heard, and confirmation gates."""

import re
from collections.abc import Callable
from typing import Any, Final

from rapidfuzz import fuzz

from flows.entering import enter
from flows.kinds import kind_of
from flows.model import Gate, ParamDef, UtteranceRule
from flows.patterns import search
from flows.recognise import yes_no
from flows.recognise.registry import recognise
from flows.slotfilling import CONFIRM_BELOW, commit, slot_of, today_of
from flows.speaking import ask_again, gate_question, without_braces
from flows.spoken import listed
from flows.state import Confirmation
from flows.turn import Turn, slots

MAX_ROUNDS: Final = 3
ALIKE_PERCENT: Final = 50

_LEADING_NO: Final = re.compile(
    r"^\s*(?:(?:no|nope|nah|not quite|wrong|that's wrong|that's not right|sorry|it's|it is|i said|i meant)\b[\s,.!]*)+",
    re.IGNORECASE,
)
ApplyRule = Callable[[Turn, UtteranceRule, Any], None]


def read_back(turn: Turn, confirmation: Confirmation) -> None:
    """Ask whether what was heard is right."""
    turn.update(confirmation=confirmation)
    turn.say(f"I heard {_named(turn, confirmation)}. Is that right?")


def _named(turn: Turn, confirmation: Confirmation) -> str:
    entries = slots(turn.node)
    names = [(entries[name][0].variable_of(name) if name in entries else name) for name, _ in confirmation.values]
    said = [turn.aloud(name, value) for name, (_, value) in zip(names, confirmation.values, strict=True)]
    return without_braces(listed([words.replace("_", " ") for words in said]))


def confirm_again(turn: Turn) -> None:
    """The answer was neither yes nor no."""
    confirmation = turn.state.confirmation
    assert confirmation is not None
    turn.update(misses=turn.state.misses + 1)
    if turn.state.misses >= MAX_ROUNDS:
        turn.update(confirmation=None, misses=0)
        ask_again(turn, "Let us try again.")
    else:
        turn.say(f"Sorry, was that {_named(turn, confirmation)}? Please say yes or no.")


def answer_confirmation(turn: Turn, text: str, confidence: float, apply_rule: ApplyRule) -> bool:
    """Take yes, no or a correction; gives whether it was one."""
    confirmation = turn.state.confirmation
    assert confirmation is not None
    corrected = _corrections(turn, confirmation, text)
    agreed = yes_no.find(text)
    if corrected:
        values = tuple((name, corrected.get(name, value)) for name, value in confirmation.values)
        again = Confirmation(values, confirmation.rule, confirmation.round + 1)
        if values != confirmation.values and confidence < CONFIRM_BELOW and again.round <= MAX_ROUNDS:
            read_back(turn, again)
        else:
            _accept(turn, again, apply_rule)
    elif agreed is None:
        return False
    elif agreed.value:
        _accept(turn, confirmation, apply_rule)
    else:
        turn.update(confirmation=None)
        ask_again(turn, "Sorry about that.")
    return True


def _accept(turn: Turn, confirmation: Confirmation, apply_rule: ApplyRule) -> None:
    turn.update(confirmation=None, misses=0)
    if confirmation.rule is None:
        commit(turn, dict(confirmation.values))
    else:
        rule = turn.node.transitions.on_utterance[confirmation.rule]
        apply_rule(turn, rule, confirmation.values[0][1])


def _corrections(turn: Turn, confirmation: Confirmation, text: str) -> dict[str, Any]:
    if confirmation.rule is not None:
        return {}
    entries = slots(turn.node)
    alone = len(confirmation.values) == 1
    found = {}
    for name, heard in confirmation.values:
        value = _corrected(turn, entries[name][1], text, alone) if name in entries else None
        if value is not None and _plausible(entries[name][1], text, heard, value, turn):
            found[name] = value
    return found


def _plausible(param: ParamDef, text: str, heard: Any, value: Any, turn: Turn) -> bool:
    """Nearly any word could be a name: one that nobody announced has to resemble the one that was read back."""
    if kind_of(param, turn.flow.variables) != "name" or _LEADING_NO.match(text) or " name" in f" {text.lower()}":
        return True
    return fuzz.ratio(str(heard).lower(), str(value).lower()) >= ALIKE_PERCENT


def _corrected(turn: Turn, param: ParamDef, text: str, asked: bool) -> Any:
    slot = slot_of(turn, param)
    rest = _LEADING_NO.sub("", text)
    if slot.kind == "yes_no" or (slot.kind in ("text", "name", "number") and not _says_more(text, rest)):
        return None
    reading = recognise(slot, rest, today_of(turn), asked=asked)
    return None if reading is None else reading.value


def _says_more(text: str, rest: str) -> bool:
    """Whether something stands beside a plain yes or no."""
    return bool(rest.strip(" .,!")) and (rest != text or yes_no.find(text) is None)


def answer_gate(turn: Turn, text: str) -> bool:
    """Take the answer to a pending gate; gives whether it was one."""
    gate = turn.node.gate
    assert gate is not None
    corrected = _gate_corrections(turn, gate, text)
    if corrected:
        for name, value in corrected.items():
            turn.set_variable(name, value)
        turn.update(misses=0)
        turn.say(gate_question(turn))
        return True
    agreed = _phrase(gate, text)
    if agreed is None:
        reading = yes_no.find(text)
        agreed = None if reading is None else reading.value
    if agreed is None:
        return False
    confirm_gate(turn, gate) if agreed else reject_gate(turn, gate)
    return True


def confirm_gate(turn: Turn, gate: Gate) -> None:
    """All gated values are right."""
    turn.update(gate_pending=False)
    enter(turn, gate.on_confirm)


def reject_gate(turn: Turn, gate: Gate, names: tuple[str, ...] = ()) -> None:
    """Clear what was rejected and go back."""
    if gate.clears:
        for name in names or gate.variables:
            turn.set_variable(name, None)
    turn.update(gate_pending=False)
    enter(turn, gate.on_reject or turn.node.name)


def _phrase(gate: Gate, text: str) -> bool | None:
    said = text.lower()
    if any(phrase.lower() in said for phrase in gate.reject_phrases):
        return False
    return True if any(phrase.lower() in said for phrase in gate.confirm_phrases) else None


def _gate_corrections(turn: Turn, gate: Gate, text: str) -> dict[str, Any]:
    rest = _LEADING_NO.sub("", text)
    found: dict[str, Any] = {}
    for name in gate.variables:
        param = _param_of(turn, name)
        if param is None:
            continue
        reading = recognise(slot_of(turn, param), rest, today_of(turn), asked=False)
        if reading is not None and reading.value != turn.state.variables.get(name):
            found[name] = reading.value
    return found


def _param_of(turn: Turn, variable: str) -> ParamDef | None:
    """The parameter that fills a variable, in this state or in any."""
    for node in (turn.node, *turn.flow.states.values()):
        for tool in node.tools.values():
            for name, param in tool.parameters.items():
                if tool.variable_of(name) == variable:
                    return param
    return None


def captured(rule: UtteranceRule, text: str) -> str | None:
    """What an `on_utterance` rule takes from `text`; None if it does not match."""
    hit = search(rule.pattern, text)
    return None if hit is None else hit.strip()
