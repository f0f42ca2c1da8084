import { describe, expect, test } from "vitest";

import { readFlows, readGraph } from "./api";
import { layOut, pathThrough } from "./layout";

test("flows keep the server's order, and one without details is broken", () => {
  const body = { flows: ["first_call", "b", "c"], items: [{ name: "c", title: "See", description: "See" }, { name: "b", title: "Bee", description: "d" }, 3] };
  expect(readFlows(body)).toEqual([
    { name: "first_call", title: "First call", description: "", broken: true },
    { name: "b", title: "Bee", description: "d", broken: false },
    { name: "c", title: "C", description: "See", broken: false },
  ]);
  expect(readFlows({ error: "x" })).toEqual([]);
});

describe("a graph", () => {
  const graph = readGraph({
    nodes: [{ id: "a", kind: "start", title: "A" }, { id: "long_state_name", kind: "state" }, { id: "__end__", kind: "end", title: "End" }],
    edges: [
      { source: "a", target: "long_state_name", kind: "tool", label: "yes" },
      { source: "a", target: "long_state_name", kind: "timeout", label: "silence" },
      { source: "a", target: "a", kind: "timeout", label: "silence" },
      { source: "a", target: "__end__", kind: "gate" },
      { source: "long_state_name", target: "a" },
      { source: "a", target: "nowhere" },
      { target: "a" },
    ],
  });

  test("joins edges between the same two states", () => {
    expect(graph.edges[0]).toEqual({ from: "a", to: "long_state_name", labels: ["yes", "silence"], byTimeout: false });
    expect(graph.edges[1]).toMatchObject({ from: "a", to: "a", byTimeout: true });
    expect(graph.edges).toHaveLength(5);
  });

  test("says where it starts, where it ends and what its states are called", () => {
    expect(graph.initial).toBe("a");
    expect(graph.nodes.map(({ label, terminal }) => [label, terminal])).toEqual([
      ["A", false],
      ["Long state name", false],
      ["End", true],
    ]);
  });

  test("is laid out with every state and bend inside the sheet", () => {
    const layout = layOut(graph);
    expect(layout.edges.map(({ to }) => to)).not.toContain("nowhere");
    for (const { x, y, width, height } of layout.nodes) {
      expect(x - width / 2).toBeGreaterThanOrEqual(0);
      expect(x + width / 2).toBeLessThanOrEqual(layout.width);
      expect(y + height / 2).toBeLessThanOrEqual(layout.height);
    }
    for (const { points } of layout.edges) {
      expect(points.length).toBeGreaterThan(1);
      for (const { x } of points) expect(x >= 0 && x <= layout.width).toBe(true);
    }
  });

  test("without states is an empty sheet", () => {
    expect(layOut(readGraph(null))).toEqual({ width: 0, height: 0, nodes: [], edges: [] });
  });
});

test("a path starts and ends at the ends of its edge", () => {
  const path = pathThrough([
    { x: 0, y: 0 },
    { x: 5, y: 5 },
    { x: 10, y: 0 },
  ]);
  expect(path).toBe("M0,0 Q5,5 7.5,2.5 L10,0");
  expect(pathThrough([])).toBe("");
});
