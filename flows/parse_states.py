"""Reads states and their tools."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flows.engine_tools import ENGINE_TOOLS
from flows.model import Call, KeyRules, LineAct, ParamDef, Refusals, StateDef, ToolDef
from flows.parse_edges import gate, hooks, transitions
from flows.reader import Section

RECOGNISERS: Final = ("yes_no", "number", "digits", "date", "time", "email", "phone", "name", "enum", "text")
ENDPOINTING: Final = ("default", "text", "digits", "phone", "spelling", "email", "yes_no", "long_answer")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
_CONFIRM: Final = ("auto", "always", "never")
_LONGEST_WAIT_S: Final = 60.0
_MODES: Final = ("cold", "warm")
_TYPES: Final = {"number": "number", "yes_no": "boolean"}
_STATE_KEYS: Final = (
    "ui", "agent", "say", "reprompt", "transitions", "tools", "confirmation_gate", "on_enter", "on_exit",
    "endpointing", "interruptible", "language", "voice", "llm", "stt", "call", "transfer", "press",
    "on_transition_blocked",
)  # fmt: skip
_PARAM_KEYS: Final = (
    "type", "description", "required", "enum", "recognise", "ask", "label", "synonyms", "confirm", "keys", "secret",
)  # fmt: skip


def states(section: Section) -> Mapping[str, StateDef]:
    """Read all states; a tool that a state only names is taken from the first state that defines it."""
    local = {name: _tools(section.section(name).section("tools")) for name in section.children}
    shared: dict[str, ToolDef] = {}
    for tools in local.values():
        for name, tool in tools.items():
            shared.setdefault(name, tool)
    return MappingProxyType({name: _state(section.section(name), name, local[name], shared) for name in local})


def _state(section: Section, name: str, local: Mapping[str, ToolDef], shared: Mapping[str, ToolDef]) -> StateDef:
    agent = section.section("agent")
    constraint = agent.section("response_constraint")
    max_tokens = constraint.number("max_tokens")
    names = agent.words("tools") if agent.has("tools") else tuple(local)
    ours = tuple(each for each in names if each in ENGINE_TOOLS and each not in local and each not in shared)
    return StateDef(
        name=name,
        ui=_ui(section),
        prompt=agent.text("prompt") or "",
        say=section.lines("say"),
        reprompt=section.lines("reprompt"),
        tools=MappingProxyType({each: _pick(each, local, shared) for each in names if each not in ours}),
        gate=gate(section.section("confirmation_gate")) if section.has("confirmation_gate") else None,
        transitions=transitions(section.section("transitions")),
        on_enter=hooks(section, "on_enter"),
        on_exit=hooks(section, "on_exit"),
        endpointing=_choice(section, "endpointing", ENDPOINTING),
        interruptible=section.flag("interruptible", True),
        max_tokens=None if max_tokens is None else int(max_tokens),
        temperature=constraint.number("temperature"),
        stop_phrases=constraint.words("stop_phrases"),
        language=section.text("language"),
        voice=section.text("voice"),
        llm=section.text("llm"),
        stt=section.text("stt"),
        call=_call(section.section("call")) if section.has("call") else None,
        act=_act(section),
        engine_tools=ours,
        on_transition_blocked=_refusals(section.section("on_transition_blocked")),
        extra=section.rest(*_STATE_KEYS),
    )


def _ui(section: Section) -> Mapping[str, object] | None:
    if not section.has("ui"):
        return None
    section.section("ui").required_text("artifact_type")
    return section.values("ui")


def _call(section: Section) -> Call:
    taken = section.section("out")
    return Call(
        flow=section.required_text("flow"),
        then=section.required_text("then"),
        version=section.text("version"),
        given=section.values("in"),
        taken=MappingProxyType({name: taken.required_text(name) for name in taken.children}),
        on_error=section.text("on_error"),
    )


def _act(section: Section) -> LineAct | None:
    if section.has("transfer"):
        part = section.section("transfer")
        mode, summary = _choice(part, "mode", _MODES) or "cold", part.text("summary") or ""
        return LineAct("transfer", part.required_text("to"), mode, summary, on_failed=part.text("on_failed"))
    if section.has("press"):
        part = section.section("press")
        return LineAct("keys", part.required_text("keys"), then=part.text("then"), on_failed=part.text("on_failed"))
    return None


def _refusals(section: Section) -> Refusals:
    return Refusals(
        notify_llm=section.flag("notify_llm", True),
        notify_client=section.flag("notify_client", True),
        log_level=_choice(section, "log_level", LOG_LEVELS) or "warning",
    )


def _pick(name: str, local: Mapping[str, ToolDef], shared: Mapping[str, ToolDef]) -> ToolDef:
    return local.get(name) or shared.get(name) or ToolDef(name, f"Flow tool: {name}.", defined=False)


def _tools(section: Section) -> Mapping[str, ToolDef]:
    return MappingProxyType({name: _tool(section.section(name), name) for name in section.children})


def _tool(section: Section, name: str) -> ToolDef:
    parameters = section.section("parameters")
    extract = section.section("auto_extract")
    return ToolDef(
        name=name,
        description=section.text("description") or f"Flow tool: {name}.",
        parameters=MappingProxyType({key: _param(parameters.section(key), key) for key in parameters.children}),
        speech_cue=section.text("speech_cue"),
        auto_extract=MappingProxyType({key: extract.section(key).words("patterns") for key in extract.children}),
        sets_variable=section.text("sets_variable"),
        advances=section.flag("advances", True),
    )


def _param(section: Section, name: str) -> ParamDef:
    synonyms = section.section("synonyms")
    recognise = _choice(section, "recognise", RECOGNISERS)
    secret = section.flag("secret", False)
    return ParamDef(
        name=name,
        type=section.text("type") or _TYPES.get(recognise or "", "string"),
        description=section.text("description") or "",
        required=section.flag("required", False),
        enum=section.words("enum"),
        recognise=recognise,
        ask=section.lines("ask"),
        label=section.text("label"),
        synonyms=MappingProxyType({key: synonyms.words(key) for key in synonyms.children}),
        confirm="never" if secret else _choice(section, "confirm", _CONFIRM) or "auto",
        keys=_keys(section.section("keys")),
        secret=secret,
        schema=section.rest(*_PARAM_KEYS),
    )


def _keys(section: Section) -> KeyRules:
    end = _choice(section, "end", ("#", "*", "none"))
    longest, wait_s = section.number("max"), section.number("wait")
    if longest is not None and longest < 1:
        section.wrong("max", "at least 1")
        longest = None
    if wait_s is not None and not 0 < wait_s <= _LONGEST_WAIT_S:
        section.wrong("wait", f"seconds, more than 0 and at most {_LONGEST_WAIT_S:.0f}")
        wait_s = None
    return KeyRules(
        {"none": "", None: "#"}.get(end, end or ""),
        None if longest is None else int(longest),
        KeyRules().wait_s if wait_s is None else wait_s,
    )


def _choice(section: Section, key: str, allowed: tuple[str, ...]) -> str | None:
    value = section.text(key)
    if value is not None and value not in allowed:
        section.wrong(key, "one of " + ", ".join(allowed))
        return None
    return value
