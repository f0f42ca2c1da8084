import dagre from "@dagrejs/dagre";

import type { FlowGraph } from "./api";

export interface Point {
  x: number;
  y: number;
}

export interface PlacedNode extends Point {
  id: string;
  label: string;
  terminal: boolean;
  width: number;
  height: number;
}

export interface PlacedEdge {
  from: string;
  to: string;
  label: string;
  byTimeout: boolean;
  points: Point[];
}

export interface Layout {
  width: number;
  height: number;
  nodes: PlacedNode[];
  edges: PlacedEdge[];
}

const CHARACTER_WIDTH = 7.2;
const NODE_HEIGHT = 34;
const MARGIN = 12;

/** Place the states top to bottom; edges that name no known state are left out. */
export function layOut(graph: FlowGraph): Layout {
  const sheet = new dagre.graphlib.Graph({ multigraph: false });
  sheet.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 40 });
  sheet.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) {
    const width = Math.max(64, Math.round(node.label.length * CHARACTER_WIDTH) + 28);
    sheet.setNode(node.id, { width, height: NODE_HEIGHT });
  }
  const known = new Set(graph.nodes.map(({ id }) => id));
  const edges = graph.edges.filter(({ from, to }) => known.has(from) && known.has(to));
  for (const { from, to } of edges) sheet.setEdge(from, to);
  dagre.layout(sheet);
  const nodes = graph.nodes.map((node) => {
    const { x, y, width, height } = sheet.node(node.id);
    return { ...node, x, y, width, height };
  });
  const lines = edges.map(({ from, to, labels, byTimeout }) => {
    const points = sheet.edge(from, to).points ?? [];
    return { from, to, label: labels.join(" / "), byTimeout, points };
  });
  return fit(nodes, lines);
}

/** Move everything into a sheet with a margin; dagre's own size leaves out the bends of long edges. */
function fit(nodes: PlacedNode[], edges: PlacedEdge[]): Layout {
  const boxes = nodes.map(({ x, y, width, height }) => ({ x, y, width, height }));
  const bends = edges.flatMap(({ points }) => points.map(({ x, y }) => ({ x, y, width: 0, height: 0 })));
  const all = [...boxes, ...bends];
  if (all.length === 0) return { width: 0, height: 0, nodes, edges };
  const left = Math.min(...all.map(({ x, width }) => x - width / 2)) - MARGIN;
  const top = Math.min(...all.map(({ y, height }) => y - height / 2)) - MARGIN;
  const moved = <P extends Point>(point: P): P => ({ ...point, x: point.x - left, y: point.y - top });
  return {
    width: Math.ceil(Math.max(...all.map(({ x, width }) => x + width / 2)) + MARGIN - left),
    height: Math.ceil(Math.max(...all.map(({ y, height }) => y + height / 2)) + MARGIN - top),
    nodes: nodes.map(moved),
    edges: edges.map((edge) => ({ ...edge, points: edge.points.map(moved) })),
  };
}

/** A smooth SVG path through the points of an edge. */
export function pathThrough(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  const parts = [`M${first.x},${first.y}`];
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    if (next) parts.push(`Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`);
    else parts.push(`L${point.x},${point.y}`);
  });
  return parts.join(" ");
}
