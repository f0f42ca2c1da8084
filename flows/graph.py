"""A flow as a picture: states and what leads from one to the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from flows.model import RESERVED, Edge, Flow, StateDef, Timeout, Transitions

NodeKind = Literal["start", "state", "end"]
EdgeKind = Literal["tool", "ui", "utterance", "timeout", "gate", "action", "dtmf", "call"]

_LABEL_CHARS: Final = 40


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A state, or a reserved end that something leads to."""

    id: str
    kind: NodeKind
    title: str


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A way from one state to another; `label` is what has to happen."""

    source: str
    target: str
    kind: EdgeKind
    label: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order of the document, reserved ends last."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


def graph(flow: Flow) -> Graph:
    """Draw `flow`."""
    edges = tuple(edge for node in flow.states.values() for edge in _edges(node))
    nodes = [GraphNode(node.name, _kind(flow, node), _title(node.name)) for node in flow.states.values()]
    used = {edge.target for edge in edges} - set(flow.states)
    nodes += [GraphNode(name, "end", _title(name)) for name in sorted(RESERVED) if name in used]
    return Graph(tuple(nodes), edges)


def to_mermaid(flow: Flow) -> str:
    """The graph as a Mermaid flowchart."""
    drawn = graph(flow)
    names = {node.id: f"s{index}" for index, node in enumerate(drawn.nodes)}
    lines = ["flowchart TD"]
    for node in drawn.nodes:
        opening, closing = {"start": ("([", "])"), "end": ("[[", "]]")}.get(node.kind, ("[", "]"))
        lines.append(f'    {names[node.id]}{opening}"{_quoted(node.title)}"{closing}')
    for edge in drawn.edges:
        if edge.target in names:
            arrow = "-.->" if edge.kind == "timeout" else "-->"
            lines.append(f'    {names[edge.source]} {arrow}|"{_quoted(edge.label)}"| {names[edge.target]}')
    return "\n".join(lines) + "\n"


def _kind(flow: Flow, node: StateDef) -> NodeKind:
    if node.name == flow.initial_state:
        return "start"
    return "end" if node.is_terminal else "state"


def _title(name: str) -> str:
    words = name.strip("_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _edges(node: StateDef) -> Iterator[GraphEdge]:
    moves, here = node.transitions, node.name
    tables: tuple[tuple[Mapping[str, Edge], EdgeKind], ...] = (
        (moves.on_ui_event, "ui"),
        (moves.on_action, "action"),
        (moves.on_tool_call, "tool"),
        (moves.on_dtmf, "dtmf"),
    )
    for table, kind in tables:
        for key, edge in table.items():
            for target in _targets(edge):
                yield GraphEdge(here, target, kind, f"key {key}" if kind == "dtmf" else key)
    spoken: list[tuple[str, str | None, EdgeKind]]
    spoken = [(label[:_LABEL_CHARS], target, "utterance") for label, target in _heard(moves)]
    silent: list[tuple[str, str | None, EdgeKind]]
    silent = [(label, target, "timeout") for label, target in _unheard(moves.on_timeout)]
    for label, way, kind in (*spoken, *silent, *_calls_and_gates(node)):
        if way:
            yield GraphEdge(here, way, kind, label)


def _calls_and_gates(node: StateDef) -> "Iterator[tuple[str, str | None, EdgeKind]]":
    if node.call is not None:
        yield node.call.flow, node.call.then, "call"
        yield f"{node.call.flow} failed", node.call.on_error, "call"
    if node.act is not None:
        yield ("transfer" if node.act.kind == "transfer" else "keys pressed"), node.act.then, "call"
        yield f"{node.act.kind} failed", node.act.on_failed, "call"
    if node.gate is not None:
        yield "yes", node.gate.on_confirm, "gate"
        yield "no", node.gate.on_reject or node.name, "gate"


def _targets(edge: Edge | None) -> Iterator[str]:
    """Where an edge and its alternatives lead, each state once."""
    found = []
    while edge is not None:
        if edge.target and edge.target not in found:
            found.append(edge.target)
        edge = edge.otherwise
    yield from found


def _heard(moves: Transitions) -> Iterator[tuple[str, str | None]]:
    for rule in moves.on_utterance:
        yield rule.pattern, rule.target
    for target in _targets(moves.on_no_match):
        yield "not understood", target


def _unheard(timeout: Timeout | None) -> Iterator[tuple[str, str | None]]:
    if timeout is not None:
        yield "silence", timeout.target
        yield "long silence", timeout.fallback


def _quoted(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("\n", " ")
