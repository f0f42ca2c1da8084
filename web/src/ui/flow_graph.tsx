import { useEffect, useMemo, useRef } from "react";

import type { FlowGraph as Graph } from "../flow/api";
import type { PlacedEdge, PlacedNode } from "../flow/layout";
import { layOut, pathThrough } from "../flow/layout";
import { Empty, Panel } from "./panel";
import type { Loaded } from "./use_flows";

interface Props {
  graph: Loaded<Graph>;
  state: string | null;
  visited: string[];
}

export function FlowGraph({ graph, state, visited }: Props) {
  return (
    <Panel title="States" aside={state ? `now: ${state.replaceAll("_", " ")}` : undefined}>
      {graph.is === "loading" && <Empty>Pick a flow to see its states.</Empty>}
      {graph.is === "failed" && <Empty>The server did not give this flow's graph.</Empty>}
      {graph.is === "ready" && <Drawing graph={graph.value} state={state} visited={visited} />}
    </Panel>
  );
}

function Drawing({ graph, state, visited }: { graph: Graph; state: string | null; visited: string[] }) {
  const box = useRef<HTMLDivElement>(null);
  const layout = useMemo(() => layOut(graph), [graph]);
  const current = layout.nodes.find(({ id }) => id === state);
  const lit = state ?? graph.initial;

  useEffect(() => {
    const view = box.current;
    if (!view || !current) return;
    const scale = view.scrollHeight / layout.height;
    view.scrollTo({ top: current.y * scale - view.clientHeight / 2, behavior: "smooth" });
  }, [current, layout]);

  const taken = new Set(visited.slice(1).map((to, i) => `${visited[i]}\n${to}`));
  return (
    <div ref={box} className="max-h-96 overflow-auto" tabIndex={0} role="group" aria-label="State graph">
      <svg
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        className="mx-auto block h-auto max-w-full"
        width={layout.width}
        role="img"
        aria-label={`${graph.nodes.length} states${state ? `; current state ${state}` : ""}`}
      >
        <defs>
          {["edge", "bot"].map((colour) => (
            <marker key={colour} id={`arrow-${colour}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
              <path d="M0.5,0.5 L7.5,4 L0.5,7.5 z" fill={`var(--${colour})`} />
            </marker>
          ))}
        </defs>
        {layout.edges.map((edge) => (
          <EdgeLine key={`${edge.from}\n${edge.to}`} edge={edge} taken={taken.has(`${edge.from}\n${edge.to}`)} />
        ))}
        {layout.nodes.map((node) => (
          <NodeBox key={node.id} node={node} look={lookOf(node.id, state, visited)} initial={node.id === graph.initial} />
        ))}
        {layout.edges
          .filter((edge) => edge.from === lit && edge.label !== "")
          .map((edge) => (
            <EdgeLabel key={edge.to} edge={edge} width={layout.width} />
          ))}
      </svg>
      <ul className="sr-only">
        {graph.edges.map(({ from, to, labels }) => (
          <li key={`${from}\n${to}`}>{`${from} to ${to}${labels.length > 0 ? ` on ${labels.join(", ")}` : ""}`}</li>
        ))}
      </ul>
    </div>
  );
}

type Look = "current" | "visited" | "plain";

function lookOf(id: string, state: string | null, visited: string[]): Look {
  if (id === state) return "current";
  return visited.includes(id) ? "visited" : "plain";
}

const BOXES: Record<Look, { fill: string; stroke: string; text: string }> = {
  current: { fill: "var(--bot)", stroke: "var(--bot)", text: "var(--on-bot)" },
  visited: { fill: "var(--bot-soft)", stroke: "var(--bot)", text: "var(--ink)" },
  plain: { fill: "var(--surface)", stroke: "var(--line)", text: "var(--ink)" },
};

function NodeBox({ node, look, initial }: { node: PlacedNode; look: Look; initial: boolean }) {
  const { fill, stroke, text } = BOXES[look];
  return (
    <g data-state={node.id} data-look={look}>
      <title>{initial ? `${node.id} (start)` : node.id}</title>
      <rect
        x={node.x - node.width / 2}
        y={node.y - node.height / 2}
        width={node.width}
        height={node.height}
        rx={node.terminal ? node.height / 2 : 8}
        fill={fill}
        stroke={stroke}
        strokeWidth={initial || look !== "plain" ? 1.8 : 1.2}
      />
      <text x={node.x} y={node.y + 4.5} textAnchor="middle" fontSize="13" fontWeight={look === "current" ? 600 : 400} fill={text}>
        {node.label}
      </text>
    </g>
  );
}

function EdgeLine({ edge, taken }: { edge: PlacedEdge; taken: boolean }) {
  const colour = taken ? "bot" : "edge";
  return (
    <path d={pathThrough(edge.points)} fill="none" stroke={`var(--${colour})`} strokeWidth={taken ? 1.8 : 1.1} markerEnd={`url(#arrow-${colour})`}>
      <title>{`${edge.from} → ${edge.to}${edge.label ? `: ${edge.label}` : ""}`}</title>
    </path>
  );
}

function EdgeLabel({ edge, width }: { edge: PlacedEdge; width: number }) {
  const middle = edge.points[Math.floor(edge.points.length / 2)];
  if (!middle) return null;
  const label = edge.label.length > 26 ? `${edge.label.slice(0, 25)}…` : edge.label;
  const half = label.length * 2.9 + 5;
  const x = Math.min(Math.max(middle.x, half), Math.max(half, width - half));
  return (
    <g pointerEvents="none">
      <rect x={x - half} y={middle.y - 8} width={2 * half} height={16} rx={4} fill="var(--surface)" />
      <text x={x} y={middle.y + 3.5} textAnchor="middle" fontSize="10.5" fill="var(--quiet)">
        {label}
      </text>
    </g>
  );
}
