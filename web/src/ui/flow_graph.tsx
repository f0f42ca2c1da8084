import { useEffect, useMemo, useRef } from "react";

import type { FlowGraph as Graph } from "../flow/api";
import type { PlacedEdge, PlacedNode } from "../flow/layout";
import { layOut, pathThrough } from "../flow/layout";
import { Empty, Panel } from "./panel";
import type { Loaded } from "./use_loaded";

interface Props {
  graph: Loaded<Graph>;
  state: string | null;
  visited: string[];
}

export function FlowGraph({ graph, state, visited }: Props) {
  return (
    <Panel title="States" aside={state ? `now: ${titleOf(graph, state)}` : undefined}>
      {graph.is === "loading" && <Empty>Pick a flow to see its states.</Empty>}
      {graph.is === "failed" && <Empty>The server did not give this flow's graph.</Empty>}
      {graph.is === "ready" && (
        <>
          <Drawing graph={graph.value} state={state} visited={visited} />
          <WaysOn graph={graph.value} from={state ?? graph.value.initial} />
        </>
      )}
    </Panel>
  );
}

function titleOf(graph: Loaded<Graph>, state: string): string {
  const node = graph.is === "ready" ? graph.value.nodes.find(({ id }) => id === state) : undefined;
  return node?.label ?? state;
}

function Drawing({ graph, state, visited }: { graph: Graph; state: string | null; visited: string[] }) {
  const box = useRef<HTMLDivElement>(null);
  const layout = useMemo(() => layOut(graph), [graph]);
  const current = layout.nodes.find(({ id }) => id === state);

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
      </svg>
    </div>
  );
}

/** Where the flow can go from here, and on what; in words, for labels on the lines would hide them. */
function WaysOn({ graph, from }: { graph: Graph; from: string | null }) {
  const ways = graph.edges.filter((edge) => edge.from === from);
  if (from === null || ways.length === 0) return null;
  const titles = new Map(graph.nodes.map(({ id, label }) => [id, label]));
  return (
    <div className="mt-3 border-t border-line pt-3 text-xs">
      <h3 className="mb-1.5 text-quiet">From {titles.get(from) ?? from}</h3>
      <ul className="flex flex-col gap-1">
        {ways.map(({ to, labels }) => (
          <li key={to} className="flex gap-2">
            <span className="min-w-0 flex-1 font-mono break-words text-quiet">{labels.join(", ")}</span>
            <span aria-hidden="true" className="text-quiet">
              →
            </span>
            <span className="sr-only">to</span>
            <span className="min-w-0 flex-1 break-words">{titles.get(to) ?? to}</span>
          </li>
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
    <path
      d={pathThrough(edge.points)}
      fill="none"
      stroke={`var(--${colour})`}
      strokeWidth={taken ? 1.8 : 1.1}
      strokeDasharray={edge.byTimeout && !taken ? "3 3" : undefined}
      markerEnd={`url(#arrow-${colour})`}
    >
      <title>{`${edge.from} → ${edge.to}${edge.label ? `: ${edge.label}` : ""}`}</title>
    </path>
  );
}
