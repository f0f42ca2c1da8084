"""A flow drawn as SVG: states in layers from the start down, what leads on as arrows with their labels."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from flows.graph import Graph, GraphEdge, graph
from flows.model import Flow

_CHAR: Final = 7.2  # width of a letter at 13 px, in px
_BOX_HEIGHT: Final = 36.0
_LAYER_GAP: Final = 76.0
_BOX_GAP: Final = 48.0
_MARGIN: Final = 32.0
_SWEEPS: Final = 4  # times that each layer is put in the order of its neighbours
_LABEL_CHARS: Final = 28
_STYLE: Final = """\
  svg { --ink: #1f2937; --paper: #ffffff; --box: #eef2ff; --edge: #4b5563; --start: #d1fae5; --end: #fee2e2;
    background: var(--paper); font: 13px system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) { svg { --ink: #f3f4f6; --paper: #111827; --box: #312e81; --edge: #9ca3af;
    --start: #065f46; --end: #7f1d1d; } }
  text { fill: var(--ink); text-anchor: middle; dominant-baseline: central; }
  .label { font-size: 11px; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
  rect { fill: var(--box); stroke: var(--edge); } .start { fill: var(--start); } .end { fill: var(--end); }
  path { fill: none; stroke: var(--edge); stroke-width: 1.3; } .timeout { stroke-dasharray: 5 4; }
  .head { fill: var(--edge); stroke: none; }
"""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a state is drawn: its middle and its width, in px."""

    x: float
    y: float
    width: float


def to_svg(flow: Flow) -> str:
    """The graph as a picture of its own, for light and dark pages."""
    drawn = graph(flow)
    boxes = layout(drawn)
    edges = _merged(drawn, boxes)
    backs = [edge for edge in edges if _is_back(boxes, edge)]
    right = max(box.x + box.width / 2 for box in boxes.values())
    width = right + _MARGIN + (max(24 + 18 * len(backs), 10 + _LABEL_CHARS * 6.4) if backs else 0)
    height = max(box.y for box in boxes.values()) + _BOX_HEIGHT / 2 + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        f"<title>{escape(flow.title)}</title>",
        f"<style>\n{_STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto-start-reverse"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
    ]
    parts += [_down(boxes, edge) for edge in edges if edge not in backs]
    for lane, edge in enumerate(backs):
        nth = [other.source for other in backs[:lane]].count(edge.source)
        parts.append(_back(boxes, edge, right + 24 + 18 * lane, nth))
    for node in drawn.nodes:
        parts.append(_box(boxes[node.id], node.kind, node.title))
    return "\n".join([*parts, "</svg>", ""])


def layout(drawn: Graph) -> dict[str, Box]:
    """Give every node a layer by its distance from the start, and a place in it near its neighbours."""
    layers = _ordered(drawn, _layers(drawn))
    widths = {node.id: max(len(node.title) * _CHAR + 28, 80.0) for node in drawn.nodes}
    totals = [sum(widths[name] + _BOX_GAP for name in layer) - _BOX_GAP for layer in layers]
    boxes = {}
    for depth, (layer, total) in enumerate(zip(layers, totals, strict=True)):
        x = _MARGIN + (max(totals) - total) / 2
        for name in layer:
            middle = _MARGIN + _BOX_HEIGHT / 2 + depth * (_BOX_HEIGHT + _LAYER_GAP)
            boxes[name] = Box(x + widths[name] / 2, middle, widths[name])
            x += widths[name] + _BOX_GAP
    return boxes


def _layers(drawn: Graph) -> list[list[str]]:
    following: dict[str, list[str]] = {node.id: [] for node in drawn.nodes}
    for edge in drawn.edges:
        if edge.source in following and edge.target in following:
            following[edge.source].append(edge.target)
    starts = [node.id for node in drawn.nodes if node.kind == "start"]
    depth: dict[str, int] = {}
    for first in (*starts, *following):  # what nothing leads to begins a layer of its own at the top
        todo = [] if first in depth else [first]
        depth.setdefault(first, 0)
        for name in todo:  # breadth first: the list grows while it is read
            for target in following[name]:
                if target not in depth:
                    depth[target] = depth[name] + 1
                    todo.append(target)
    return [[name for name in following if depth[name] == level] for level in range(max(depth.values()) + 1)]


def _ordered(drawn: Graph, layers: list[list[str]]) -> list[list[str]]:
    """Fewer crossings: sort each layer by the mean place of its neighbours, down and up in turn."""
    near: dict[str, set[str]] = {name: set() for layer in layers for name in layer}
    for edge in drawn.edges:
        if edge.source in near and edge.target in near and edge.source != edge.target:
            near[edge.source].add(edge.target)
            near[edge.target].add(edge.source)
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            place = {name: index / len(row) for row in layers for index, name in enumerate(row)}
            others = {name: [place[other] for other in near[name] if other not in layer] for name in layer}
            layer.sort(key=lambda name: _mean(others[name], place[name]))
    return layers


def _mean(places: Iterable[float], alone: float) -> float:
    known = list(places)
    return sum(known) / len(known) if known else alone


def _merged(drawn: Graph, boxes: dict[str, Box]) -> list[GraphEdge]:
    """One arrow for all that leads from one state to another in the same manner."""
    labels: dict[tuple[str, str, bool], list[GraphEdge]] = {}
    for edge in drawn.edges:
        if edge.source in boxes and edge.target in boxes:
            labels.setdefault((edge.source, edge.target, edge.kind == "timeout"), []).append(edge)
    merged = []
    for edges in labels.values():
        words = ", ".join(dict.fromkeys(edge.label for edge in edges))
        words = words if len(words) <= _LABEL_CHARS else words[: _LABEL_CHARS - 1] + "…"
        merged.append(GraphEdge(edges[0].source, edges[0].target, edges[0].kind, words))
    return merged


def _is_back(boxes: dict[str, Box], edge: GraphEdge) -> bool:
    return boxes[edge.target].y <= boxes[edge.source].y


def _down(boxes: dict[str, Box], edge: GraphEdge) -> str:
    start, end = boxes[edge.source], boxes[edge.target]
    top, bottom = start.y + _BOX_HEIGHT / 2, end.y - _BOX_HEIGHT / 2
    lean = (end.x - start.x) * 0.12  # arrows to different states part at once
    bend = (bottom - top) / 2
    curve = (
        f"M{start.x + lean:.1f} {top:.1f}C{start.x + lean:.1f} {top + bend:.1f} {end.x - lean:.1f} {bottom - bend:.1f} "
    )
    middle = ((start.x + end.x) / 2, (top + bottom) / 2)
    return _arrow(edge, f"{curve}{end.x - lean:.1f} {bottom:.1f}", middle)


def _back(boxes: dict[str, Box], edge: GraphEdge, lane: float, nth: int) -> str:
    """An arrow up, or to the same state, goes round on the right in a lane of its own; `nth` from its state."""
    start, end = boxes[edge.source], boxes[edge.target]
    here, there = start.x + start.width / 2, end.x + end.width / 2
    low, high = start.y + 8, end.y - 8
    path = f"M{here:.1f} {low:.1f}C{lane:.1f} {low:.1f} {lane:.1f} {low:.1f} {lane:.1f} {low - 12:.1f}"
    path += f"L{lane:.1f} {high + 12:.1f}C{lane:.1f} {high:.1f} {lane:.1f} {high:.1f} {there:.1f} {high:.1f}"
    return _arrow(edge, path, (here + 10, low + 10 + 13 * nth), anchor="start")


def _arrow(edge: GraphEdge, path: str, label: tuple[float, float], anchor: str = "middle") -> str:
    kind = ' class="timeout"' if edge.kind == "timeout" else ""
    words = (
        f'<text class="label" style="text-anchor: {anchor}" x="{label[0]:.1f}" y="{label[1]:.1f}">'
        f"{escape(edge.label)}</text>"
    )
    return f'<path{kind} marker-end="url(#head)" d="{path}"/>{words}'


def _box(box: Box, kind: str, title: str) -> str:
    left, top = box.x - box.width / 2, box.y - _BOX_HEIGHT / 2
    return (
        f'<g><rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{_BOX_HEIGHT:.0f}" '
        f'rx="{6 if kind == "state" else 18}"/><text x="{box.x:.1f}" y="{box.y:.1f}">{escape(title)}</text></g>'
    )
