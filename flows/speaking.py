"""What is said or asked next: the state's own lines, questions for slots, and prompts for the language model."""

from typing import Final

from flows.actions import Ask
from flows.interpolate import fill
from flows.kinds import kind_of, options_of
from flows.model import ParamDef
from flows.schema import gate_tools, tool_specs
from flows.spoken import listed
from flows.turn import Turn, field_labels, slots

_GENERIC: Final = "You are a friendly voice assistant. Answer in one or two short spoken sentences."
_APOLOGIES: Final = (
    "Sorry, I did not get that.",
    "I still did not catch that, sorry.",
    "Let us try that once more.",
)
_STILL_THERE: Final = ("Are you still there?", "I am still listening.")
_OPENING: Final = "Hello. How can I help you?"
_SPOKEN_PROMPT_CHARS: Final = 300


def open_node(turn: Turn) -> None:
    """Speak first in a state that was just entered."""
    node = turn.node
    turn.update(asking=next(iter(missing(turn)), None))
    silent = len(turn.actions)
    for line in node.say:
        turn.say(line)
    if node.act is not None:
        return  # what it is there for needs no more words
    if not node.say and turn.state.has_llm:
        ask_llm(turn)
    if len(turn.actions) == silent:
        turn.say(_template(turn))
    if len(turn.actions) == silent and turn.state.closing is None:
        turn.say(_OPENING)


def missing(turn: Turn) -> tuple[str, ...]:
    """The slots still to be asked for in this visit."""
    return tuple(name for name in turn.state.wanted if name not in turn.state.filled)


def llm_speaks(turn: Turn) -> bool:
    """Whether the language model finds the words in this state."""
    return turn.state.has_llm and not turn.node.say


def go_on(turn: Turn) -> None:
    """After something was understood and the flow stays: ask for what is still missing."""
    rest = missing(turn)
    turn.update(asking=rest[0] if rest else None, misses=0)
    if llm_speaks(turn) and not (rest and _own_words(turn, rest[0])):
        ask_llm(turn)
    elif rest:
        turn.say(question(turn, rest[0]))
    else:
        turn.update(filled=())  # everything may be said again
        turn.say("Thank you, I have noted that.")


def ask_again(turn: Turn, lead: str = "") -> None:
    """Repeat the current question, in other words where the flow has them."""
    turn.say(f"{lead} {current_question(turn)}".strip())


def reprompt(turn: Turn, round_: int, *, silent: bool = False) -> None:
    """Ask once more after a turn that was not understood, or after silence; the words change with `round_` (from 0)."""
    node, state = turn.node, turn.state
    first = next(iter(state.wanted), None)
    fits = first is None if state.gate_pending else state.asking in (None, first)
    leads = _STILL_THERE if silent else _APOLOGIES
    if node.reprompt and fits:
        turn.say(node.reprompt[round_ % len(node.reprompt)])
    else:
        ask_again(turn, leads[round_ % len(leads)])


def current_question(turn: Turn) -> str:
    """The question that the user owes an answer to."""
    asking = turn.state.asking
    if turn.state.gate_pending:
        return gate_question(turn)
    if asking is not None:
        first = asking == next(iter(turn.state.wanted), None)
        if first and turn.node.say and not _own_words(turn, asking):
            return turn.node.say[-1]
        return question(turn, asking)
    return turn.node.say[-1] if turn.node.say else _template(turn)


def question(turn: Turn, name: str) -> str:
    """Ask for one slot: its own line, or a template."""
    entry = slots(turn.node).get(name)
    param = entry[1] if entry else ParamDef(name)
    if param.ask:
        return param.ask[min(turn.state.misses, len(param.ask) - 1)]
    if param.description.strip().endswith("?"):
        return param.description.strip()
    label = label_of(turn, name)
    options = options_of(param, turn.flow.variables)
    if options:
        return f"Please choose: {listed([option.replace('_', ' ') for option in options], 'or')}."
    if kind_of(param, turn.flow.variables) == "yes_no":
        return f"{label[:1].upper()}{label[1:]}: yes or no?"
    return f"What is your {label}?"


def label_of(turn: Turn, name: str) -> str:
    """How a slot is called in speech."""
    entry = slots(turn.node).get(name)
    label = (entry[1].label if entry else None) or field_labels(turn.node.ui).get(name) or name.replace("_", " ")
    return label if label.isupper() else label[:1].lower() + label[1:]


def gate_question(turn: Turn) -> str:
    """Ask whether the gated values are right."""
    gate = turn.node.gate
    assert gate is not None, "only a gate asks"
    if gate.prompt:
        return gate.prompt
    if turn.node.say and not turn.state.wanted:
        return turn.node.say[-1]
    known = [name for name in gate.variables if turn.state.variables.get(name) is not None]
    said = [f"{name.replace('_', ' ')}: {turn.aloud(name, turn.told[name])}" for name in known]
    return f"I have {without_braces(listed(said))}. Is that right?"


def without_braces(words: str) -> str:
    """Words of the caller, made safe for a line that is filled later."""
    return words.replace("{", "(").replace("}", ")")


def ask_llm(turn: Turn, note: str = "") -> None:
    """Let the model speak, with this state's tools and no others."""
    node = turn.node
    turn.emit(
        Ask(
            instructions=instructions(turn, note),
            tools=tool_specs(turn.flow, node),
            epoch=turn.state.epoch,
            interruptible=node.interruptible,
            max_tokens=node.max_tokens,
            temperature=node.temperature,
            stop=node.stop_phrases,
            language=turn.language,
            voice=turn.voice,
            llm=turn.llm,
        )
    )
    turn.update(speaking=True)


def instructions(turn: Turn, note: str = "") -> str:
    """The system prompt of this moment."""
    node, flow = turn.node, turn.flow
    parts = [flow.settings.base_system_prompt or turn.root.settings.base_system_prompt or _GENERIC]
    if node.prompt:
        parts.append("Current objective:\n" + fill(node.prompt, turn.told))
    if node.say:
        parts.append(f'You have just asked the caller: "{fill(node.say[-1], turn.told)}"')
    rest = missing(turn)
    if rest and node.say:
        parts.append(f"Still needed: {listed([label_of(turn, name) for name in rest])}.")
    if node.gate is not None:
        names = ", ".join(spec.name for spec in gate_tools(node.gate))
        parts.append(f"Once everything is captured, ask the caller to confirm it, then call one of: {names}.")
    if note:
        parts.append(note)
    return "\n\n".join(parts)


def _own_words(turn: Turn, name: str) -> bool:
    entry = slots(turn.node).get(name)
    return entry is not None and bool(entry[1].ask)


def _template(turn: Turn) -> str:
    """Words for a state that has none of its own."""
    node = turn.node
    rest = missing(turn)
    if rest:
        return question(turn, rest[0])
    if node.gate is not None and turn.state.gate_pending:
        return gate_question(turn)
    prompt = node.ui.get("prompt") if node.ui else None
    if isinstance(prompt, str) and prompt.strip():
        return " ".join(prompt.split())[:_SPOKEN_PROMPT_CHARS]
    return turn.flow.settings.farewell if turn.state.closing else _OPENING
