import { describe, expect, test } from "vitest";

import { readFlows, readGraph } from "./api";
import { layOut, pathThrough } from "./layout";

test("flows keep the server's order, and one without details is broken", () => {
  const body = { flows: ["first_call", "b", "c"], items: [{ name: "c", title: "" }, { name: "b", title: "Bee", description: "d" }, 3] };
  expect(readFlows(body)).toEqual([
    { name: "first_call", title: "First call", description: "", broken: true },
    { name: "b", title: "Bee", description: "d", broken: false },
    { name: "c", title: "C", description: "", broken: false },
  ]);
  expect(readFlows({ error: "x" })).toEqual([]);
});

describe("a graph", () => {
  const graph = readGraph({
    initial: "a",
    nodes: [{ id: "a" }, { id: "long_state_name" }, { id: "__end__" }],
    edges: [
      { from: "a", to: "long_state_name", label: "yes" },
      { from: "a", to: "long_state_name", label: "maybe" },
      { from: "a", to: "a", label: "again" },
      { from: "a", to: "__end__" },
      { from: "long_state_name", to: "a" },
      { from: "a", to: "nowhere" },
    ],
  });

  test("joins edges between the same two states", () => {
    expect(graph.edges[0]).toEqual({ from: "a", to: "long_state_name", labels: ["yes", "maybe"] });
    expect(graph.nodes.map(({ terminal }) => terminal)).toEqual([false, false, true]);
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
