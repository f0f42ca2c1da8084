"""Checks that look at one state, or at the head of a document."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from flows.interpolate import names_in
from flows.kinds import options_of
from flows.model import RESERVED, Call, Flow, Gate, StateDef, ToolDef
from flows.notes import Notes
from flows.schema import gate_tools
from flows.values import ValueProblem, coerce_variable
from flows.ways import Ways, set_in


def check_settings(notes: Notes, settable: set[str]) -> None:
    """Check what stands above the states; `settable` is what some state sets."""
    flow = notes.flow
    _target(notes, "initial_state", flow.initial_state, reserved=False)
    for key in ("on_timeout", "on_error"):
        if target := getattr(flow.settings, key):
            _target(notes, f"settings.{key}", target)
    for name, declared in flow.variables.items():
        _value(notes, f"variables.{name}.default", name, declared.default)
        if declared.type == "enum" and not declared.enum:
            notes.warn(f"variables.{name}", "check.enum_without_values", f"'{name}' is an enum without values.")
    for name, declared in flow.variables.items():
        if declared.required and declared.default is None and name not in settable:
            message = f"'{name}' is required, but no state sets it; the call has to bring it."
            notes.warn(f"variables.{name}", "check.required_never_set", message)
    if flow.scoring is not None and flow.scoring.rubric is None and not flow.scoring.criteria:
        notes.warn("scoring", "check.scoring_without_criteria", "There is nothing to score: name criteria or a rubric.")


def check_state(notes: Notes, ways: Ways, known: set[str]) -> None:
    """Check one state by itself."""
    node = ways.node
    base = f"states.{node.name}"
    for path, target in ways.targets:
        _target(notes, f"{base}.{path}", target)
    _tools(notes, ways, base)
    _words(notes, node, base)
    _placeholders(notes, ways, base, known)
    for path, edge in ways.edges:
        for name, value in edge.set.items():
            _value(notes, f"{base}.{path}.set.{name}", name, value)
    _timeout(notes, node, base)
    _ambiguous(notes, node, base)
    if node.gate is not None:
        _gate(notes, node, node.gate, base)
    if node.call is not None:
        _call(notes, node, node.call, base)


def _target(notes: Notes, path: str, name: str, *, reserved: bool = True) -> None:
    if name not in notes.flow.states and not (reserved and name in RESERVED):
        notes.error(path, "check.unknown_target", f"There is no state '{name}'.")


def _value(notes: Notes, path: str, name: str, value: Any) -> None:
    """A constant has to fit the variable that it is for."""
    if isinstance(value, str) and names_in(value):
        return
    try:
        coerce_variable(name, value, notes.flow.variables)
    except ValueProblem as problem:
        notes.warn(path, "check.value_does_not_fit", f"'{name}' {problem}.")


def _tools(notes: Notes, ways: Ways, base: str) -> None:
    node = ways.node
    for tool in node.tools.values():
        if not tool.defined:
            message = f"No state defines the tool '{tool.name}'."
            notes.warn(f"{base}.agent.tools", "check.undefined_tool", message)
        for name, param in tool.parameters.items():
            if param.recognise == "enum" and not options_of(param, notes.flow.variables):
                path = f"{base}.tools.{tool.name}.parameters.{name}"
                notes.error(path, "check.enum_without_values", f"'{name}' is an enum without values.")
    for key in node.transitions.on_tool_call:
        if key not in node.tools:
            path = f"{base}.transitions.on_tool_call.{key}"
            notes.warn(path, "check.tool_not_here", f"The tool '{key}' is not one of this state's.")
    if _needs_model(notes.flow, ways):
        message = "Only a language model can lead on from here: no slot, pattern, key, screen or timeout does."
        notes.warn(f"{base}.transitions", "check.needs_model", message)


def _needs_model(flow: Flow, ways: Ways) -> bool:
    node = ways.node
    if flow.settings.llm_required or node.gate is not None:
        return False
    paths = [path for path, _ in ways.targets]
    by_tool = [path for path in paths if path.startswith("transitions.on_tool_call.")]
    spoken = any(tool.parameters for name, tool in node.tools.items() if name in node.transitions.on_tool_call)
    return bool(paths) and paths == by_tool and not spoken


def _words(notes: Notes, node: StateDef, base: str) -> None:
    bare = not (node.say or node.prompt or node.ui or node.gate or node.call or node.tools)
    if bare and f"{base}.agent" not in notes.flow.places:
        notes.warn(base, "check.no_words", f"The state '{node.name}' has nothing to say: give it `say` or `agent`.")
    if node.is_terminal and f"{base}.transitions" not in notes.flow.places:
        message = (
            f"Nothing leads out of '{node.name}', so the flow ends there: write `transitions: {{}}` if that is meant."
        )
        notes.warn(base, "check.no_transitions", message)


def _placeholders(notes: Notes, ways: Ways, base: str, known: set[str]) -> None:
    for key, names in {**ways.reads_on_entry, **ways.reads_later}.items():
        for name in sorted(names - known):
            message = f"The placeholder {{{name}}} is no declared variable."
            notes.warn(f"{base}.{key}", "check.undeclared_placeholder", message)


def _timeout(notes: Notes, node: StateDef, base: str) -> None:
    timeout = node.transitions.on_timeout
    if timeout is None or timeout.fallback or (timeout.target and timeout.max_retries is None):
        return
    if timeout.target in (None, node.name):
        message = "After the last try the call ends: name a `fallback` if it should go on."
        notes.warn(f"{base}.transitions.on_timeout", "check.timeout_without_fallback", message)


def _ambiguous(notes: Notes, node: StateDef, base: str) -> None:
    moves = node.transitions
    for action in moves.on_action:
        if action in moves.on_ui_event:
            message = f"on_ui_event answers '{action}' first, so this is never reached."
            notes.warn(f"{base}.transitions.on_action.{action}", "check.ambiguous_action", message)
    for first, second in combinations(list(_completing(node)), 2):
        if first[1] == second[1] and first[2] != second[2]:
            message = (
                f"'{first[0]}' and '{second[0]}' need the same answers but lead apart: by voice the first is taken."
            )
            path = f"{base}.transitions.on_tool_call.{second[0]}"
            notes.warn(path, "check.ambiguous_tools", message)


def _completing(node: StateDef) -> Iterator[tuple[str, frozenset[str], str]]:
    """The tools that answers alone can call: name, what they need, and where they lead."""
    for name, edge in node.transitions.on_tool_call.items():
        tool = node.tools.get(name)
        if tool is not None and tool.parameters and tool.advances and edge.target and edge.guard is None:
            yield name, _needed(tool), edge.target


def _needed(tool: ToolDef) -> frozenset[str]:
    required = frozenset(name for name, param in tool.parameters.items() if param.required)
    return required or frozenset(tool.parameters)


def _gate(notes: Notes, node: StateDef, gate: Gate, base: str) -> None:
    path = f"{base}.confirmation_gate"
    if not gate.variables:
        notes.warn(path, "check.empty_gate", "The gate has no variables, so there is nothing to confirm.")
    for phrase in gate.confirm_phrases:
        if any(other.lower() in phrase.lower() for other in gate.reject_phrases):
            notes.warn(path, "check.ambiguous_phrase", f"'{phrase}' would be taken for a rejection.")
    for spec in gate_tools(gate):
        if spec.name in node.tools:
            message = f"The gate has a tool '{spec.name}' of its own, so this one is never called."
            notes.warn(f"{base}.tools.{spec.name}", "check.ambiguous_tool_name", message)


def _call(notes: Notes, node: StateDef, call: Call, base: str) -> None:
    path = f"{base}.call"
    if not node.transitions.is_empty or node.gate is not None:
        message = "A state that calls a flow goes on with `then`; its own transitions and gate are never used."
        notes.warn(path, "check.call_ignores_transitions", message)
    key = notes.flow.key_of(call)
    if key is None:
        notes.warn(f"{path}.flow", "check.unknown_flow", f"The flow '{call.flow}' is not known here.")
        return
    called = notes.flow.library[key]
    known = set(called.variables).union(*(set_in(called, each) for each in called.states.values()))
    for name in call.given:
        if called.variables and name not in known:
            notes.warn(f"{path}.in.{name}", "check.call_variable", f"'{call.flow}' has no variable '{name}'.")
    for name, inner in call.taken.items():
        if inner not in known:
            notes.warn(f"{path}.out.{name}", "check.call_variable", f"'{call.flow}' has no variable '{inner}'.")
