"""The ways through a flow: where each state leads, what it sets, and what it reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flows.interpolate import names_in, names_on_screen
from flows.model import Condition, Edge, Flow, Group, Guard, Hook, StateDef

_TABLES: Final = ("on_tool_call", "on_ui_event", "on_action", "on_dtmf")


@dataclass(frozen=True, slots=True)
class Ways:
    """What is known of one state.

    Attributes:
        edges: The entries of its transitions, with their paths below the state.
        targets: Every state that it leads to, with the path that says so.
        sets: The variables that may get a value in it, or on the way out.
        reads_on_entry: The placeholders that are spoken at once, by key.
        reads_later: The placeholders that the state may also fill itself, by key.
    """

    node: StateDef
    edges: tuple[tuple[str, Edge], ...]
    targets: tuple[tuple[str, str], ...]
    sets: frozenset[str]
    reads_on_entry: Mapping[str, set[str]]
    reads_later: Mapping[str, set[str]]


def ways_of(flow: Flow, node: StateDef) -> Ways:
    """Look at one state."""
    edges = tuple(_edges(node))
    return Ways(
        node,
        edges,
        tuple(_targets(node, edges)),
        frozenset(_sets(flow, node, edges)),
        {"say": _all_names(node.say)},
        _read_later(node, edges),
    )


def _edges(node: StateDef) -> Iterator[tuple[str, Edge]]:
    moves = node.transitions
    for table in _TABLES:
        for key, edge in getattr(moves, table).items():
            yield from _chain(f"transitions.{table}.{key}", edge)
    for index, rule in enumerate(moves.on_utterance):
        yield f"transitions.on_utterance[{index}]", Edge(rule.target, rule.guard, rule.set)
    if moves.on_timeout is not None:
        yield "transitions.on_timeout", Edge(moves.on_timeout.target, moves.on_timeout.guard, moves.on_timeout.set)
    if moves.on_no_match is not None:
        yield from _chain("transitions.on_no_match", moves.on_no_match)


def _chain(path: str, edge: Edge) -> Iterator[tuple[str, Edge]]:
    yield path, edge
    count = 0
    while edge.otherwise is not None:
        edge, count = edge.otherwise, count + 1
        yield f"{path}[{count}]", edge


def _targets(node: StateDef, edges: tuple[tuple[str, Edge], ...]) -> Iterator[tuple[str, str]]:
    for path, edge in edges:
        if edge.target:
            yield path, edge.target
    timeout = node.transitions.on_timeout
    if timeout is not None and timeout.fallback:
        yield "transitions.on_timeout.fallback", timeout.fallback
    if node.gate is not None:
        yield "confirmation_gate.on_confirm", node.gate.on_confirm
        yield "confirmation_gate.on_reject.target", node.gate.on_reject or node.name
    if node.call is not None:
        yield "call.then", node.call.then
        if node.call.on_error:
            yield "call.on_error", node.call.on_error
    if node.act is not None:
        key = "transfer" if node.act.kind == "transfer" else "press"
        for name, target in (("then", node.act.then), ("on_failed", node.act.on_failed)):
            if target:
                yield f"{key}.{name}", target


def silence_leads_to(node: StateDef) -> str | None:
    """Where a state ends up if nobody ever speaks: another state, itself, or (None) the end of the call."""
    timeout = node.transitions.on_timeout
    if timeout is None:
        return None
    if timeout.target and timeout.max_retries is None:
        return timeout.target
    if timeout.fallback:
        return timeout.fallback
    return timeout.target if timeout.target != node.name else None


def conditions_of(guard: Guard | None) -> Iterator[Condition]:
    """All comparisons of a guard."""
    if isinstance(guard, Group):
        for member in guard.members:
            yield from conditions_of(member)
    elif guard is not None:
        yield guard


def set_on_entry(node: StateDef) -> set[str]:
    """The variables that `on_enter` sets."""
    return _hooked(node.on_enter)


def set_in(flow: Flow, node: StateDef) -> set[str]:
    """The variables that may get a value while the flow is in `node`, or on the way out."""
    return _sets(flow, node, tuple(_edges(node)))


def _sets(flow: Flow, node: StateDef, edges: tuple[tuple[str, Edge], ...]) -> set[str]:
    names = _hooked(node.on_enter) | _hooked(node.on_exit)
    for tool in node.tools.values():
        names.update(tool.variable_of(name) for name in tool.parameters)
        names.update([tool.sets_variable] if tool.sets_variable else [])
    for _, edge in edges:
        names.update(edge.set)
    names.update(rule.capture_to for rule in node.transitions.on_utterance if rule.capture_to)
    names.update(node.call.taken if node.call is not None else ())
    return names | _set_by_hand(flow, node)


def _hooked(hooks: tuple[Hook, ...]) -> set[str]:
    return {name for hook in hooks for name in hook.set}


def _set_by_hand(flow: Flow, node: StateDef) -> set[str]:
    ui = node.ui or {}
    names = set(_ids(ui.get("fields")))
    chosen = set(_ids(ui.get("options")))
    if chosen:
        names.add("selected_id")
        names.update(name for name, declared in flow.variables.items() if chosen & set(declared.enum))
    return names


def _ids(entries: Any) -> Iterator[str]:
    for entry in entries if isinstance(entries, tuple) else ():
        if hasattr(entry, "get") and entry.get("id") is not None:
            yield str(entry["id"])


def _read_later(node: StateDef, edges: tuple[tuple[str, Edge], ...]) -> dict[str, set[str]]:
    reads = {"agent.prompt": names_in(node.prompt), "reprompt": _all_names(node.reprompt)}
    reads["ui"] = names_on_screen(node.ui) if node.ui is not None else set()
    if node.gate is not None and node.gate.prompt:
        reads["confirmation_gate.prompt"] = names_in(node.gate.prompt)
    for tool in node.tools.values():
        for name, param in tool.parameters.items():
            if param.ask:
                reads[f"tools.{tool.name}.parameters.{name}.ask"] = _all_names(param.ask)
    for path, edge in edges:
        if edge.set:
            reads[f"{path}.set"] = _all_names(edge.set.values())
    if node.call is not None and node.call.given:
        reads["call.in"] = _all_names(node.call.given.values())
    return reads


def _all_names(texts: Any) -> set[str]:
    return {name for text in texts if isinstance(text, str) for name in names_in(text)}
