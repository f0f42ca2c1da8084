"""Proves a flow before a call starts. Only what makes execution impossible is an error."""

from collections.abc import Iterator

from flows.findings import Finding, Severity
from flows.interpolate import names_in, names_on_screen
from flows.model import RESERVED, Condition, Flow, Group, Guard, StateDef
from flows.patterns import PatternError, compiled


def check(flow: Flow) -> tuple[Finding, ...]:
    """Everything that is wrong or suspicious, in the order of the document's states."""
    checker = _Checker(flow)
    checker.run()
    return tuple(checker.findings)


def targets_of(node: StateDef) -> Iterator[tuple[str, str]]:
    """Every state that `node` leads to, each with the path of the key that says so."""
    base = f"states.{node.name}"
    return ((f"{base}.{key}", target) for key, target in (*_move_targets(node), *_gate_targets(node)) if target)


def _move_targets(node: StateDef) -> Iterator[tuple[str, str | None]]:
    moves = node.transitions
    for table in ("on_tool_call", "on_ui_event", "on_action"):
        for key, edge in getattr(moves, table).items():
            yield f"transitions.{table}.{key}", edge.target
    for index, rule in enumerate(moves.on_utterance):
        yield f"transitions.on_utterance[{index}].target", rule.target
    if moves.on_timeout is not None:
        yield "transitions.on_timeout.target", moves.on_timeout.target
        yield "transitions.on_timeout.fallback", moves.on_timeout.fallback
    if moves.on_no_match is not None:
        yield "transitions.on_no_match", moves.on_no_match.target


def _gate_targets(node: StateDef) -> Iterator[tuple[str, str | None]]:
    if node.gate is not None:
        yield "confirmation_gate.on_confirm", node.gate.on_confirm
        yield "confirmation_gate.on_reject.target", node.gate.on_reject


class _Checker:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.findings: list[Finding] = []
        parameters = {
            tool.variable_of(name)
            for node in flow.states.values()
            for tool in node.tools.values()
            for name in tool.parameters
        }
        captured = {rule.capture_to for node in flow.states.values() for rule in node.transitions.on_utterance}
        self.known = {*flow.variables, *parameters, *(name for name in captured if name)}

    def note(self, path: str, code: str, message: str, severity: Severity = "error") -> None:
        where = path
        while where and where not in self.flow.places:
            where = where.rpartition(".")[0]
        line, column = self.flow.places.get(where, (1, 1))
        self.findings.append(Finding(path, line, column, severity, code, message))

    def run(self) -> None:
        flow = self.flow
        self.target("initial_state", flow.initial_state, reserved=False)
        for key in ("on_timeout", "on_error"):
            if target := getattr(flow.settings, key):
                self.target(f"settings.{key}", target)
        for node in flow.states.values():
            for path, target in targets_of(node):
                self.target(path, target)
            self.tools(node)
            self.patterns(node)
            self.placeholders(node)
            self.guards(node)
        self.reachable()

    def target(self, path: str, name: str, *, reserved: bool = True) -> None:
        if name in self.flow.states or (reserved and name in RESERVED):
            return
        self.note(path, "check.unknown_target", f"There is no state '{name}'.")

    def tools(self, node: StateDef) -> None:
        base = f"states.{node.name}"
        for tool in node.tools.values():
            if not tool.defined:
                path = f"{base}.agent.tools"
                self.note(path, "check.undefined_tool", f"No state defines the tool '{tool.name}'.", "warning")
            for name, param in tool.parameters.items():
                if param.recognise == "enum" and not param.enum and not self._declared_enum(name):
                    path = f"{base}.tools.{tool.name}.parameters.{name}"
                    self.note(path, "check.enum_without_values", f"'{name}' is an enum without values.")
        for key in node.transitions.on_tool_call:
            if key not in node.tools:
                path = f"{base}.transitions.on_tool_call.{key}"
                self.note(path, "check.tool_not_here", f"The tool '{key}' is not one of this state's.", "warning")

    def _declared_enum(self, name: str) -> bool:
        declared = self.flow.variables.get(name)
        return declared is not None and bool(declared.enum)

    def patterns(self, node: StateDef) -> None:
        base = f"states.{node.name}"
        for index, rule in enumerate(node.transitions.on_utterance):
            self.pattern(f"{base}.transitions.on_utterance[{index}].pattern", rule.pattern)
        for tool in node.tools.values():
            for name, patterns in tool.auto_extract.items():
                for index, pattern in enumerate(patterns):
                    self.pattern(f"{base}.tools.{tool.name}.auto_extract.{name}.patterns[{index}]", pattern)

    def pattern(self, path: str, pattern: str) -> None:
        try:
            compiled(pattern)
        except PatternError as error:
            self.note(path, "check.bad_pattern", f"The pattern does not compile: {error}.")

    def placeholders(self, node: StateDef) -> None:
        base = f"states.{node.name}"
        texts = {"agent.prompt": names_in(node.prompt), "say": set().union(*map(names_in, node.say))}
        texts["reprompt"] = set().union(*map(names_in, node.reprompt))
        texts["ui"] = names_on_screen(node.ui) if node.ui is not None else set()
        for key, names in texts.items():
            for name in sorted(names - self.known):
                message = f"The placeholder {{{name}}} is no declared variable."
                self.note(f"{base}.{key}", "check.undeclared_placeholder", message, "warning")

    def guards(self, node: StateDef) -> None:
        base = f"states.{node.name}.transitions"
        moves = node.transitions
        for table in ("on_tool_call", "on_ui_event", "on_action"):
            for key, edge in getattr(moves, table).items():
                self.guard(f"{base}.{table}.{key}.guard", edge.guard)
        for index, rule in enumerate(moves.on_utterance):
            self.guard(f"{base}.on_utterance[{index}].guard", rule.guard)

    def guard(self, path: str, guard: Guard | None) -> None:
        if isinstance(guard, Group):
            for member in guard.members:
                self.guard(path, member)
        elif isinstance(guard, Condition):
            if guard.operator == "matches":
                self.pattern(path, str(guard.value))
            if guard.variable not in self.known:
                message = f"The guard reads '{guard.variable}', which nothing sets."
                self.note(path, "check.undeclared_guard_variable", message, "warning")

    def reachable(self) -> None:
        flow = self.flow
        todo = [flow.initial_state, flow.settings.on_timeout, flow.settings.on_error]
        seen = set(RESERVED)
        while todo:
            name = todo.pop()
            node = flow.states.get(name or "")
            if node is not None and node.name not in seen:
                seen.add(node.name)
                todo += [target for _, target in targets_of(node)]
        for name in flow.states:
            if name not in seen:
                self.note(f"states.{name}", "check.unreachable", f"Nothing leads to the state '{name}'.", "warning")
