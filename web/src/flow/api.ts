/** What the page asks the server over HTTP. Addresses are relative to the page. */

import type { Json, JsonObject } from "../../sdk/wire/pvp";
import { isObject, plainText } from "../../sdk/wire/pvp";

export interface FlowSummary {
  name: string;
  title: string;
  description: string;
  broken: boolean;
}

export interface GraphNode {
  id: string;
  label: string;
  terminal: boolean;
}

export interface GraphEdge {
  from: string;
  to: string;
  labels: string[];
  /** Only silence leads this way. */
  byTimeout: boolean;
}

export interface FlowGraph {
  initial: string | null;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

async function getJson(path: string, signal: AbortSignal): Promise<Json> {
  const response = await fetch(new URL(path, document.baseURI), { signal, headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return (await response.json()) as Json;
}

export async function fetchFlows(signal: AbortSignal): Promise<FlowSummary[]> {
  return readFlows(await getJson("flows", signal));
}

export async function fetchGraph(name: string, signal: AbortSignal): Promise<FlowGraph> {
  return readGraph(await getJson(`flows/${encodeURIComponent(name)}/graph`, signal));
}

/** Take `{flows: [name], items: [{name, title, description}]}`; a flow that is no item is broken, and says so. */
export function readFlows(body: Json): FlowSummary[] {
  if (!isObject(body)) return [];
  const items = Array.isArray(body["items"]) ? body["items"].filter(isObject) : [];
  const names = Array.isArray(body["flows"]) ? body["flows"].map(plainText) : items.map((item) => plainText(item["name"]));
  return names.filter((name) => name !== "").map((name) => {
    const item = items.find((other) => other["name"] === name);
    if (item === undefined) return { name, title: titleOf(name), description: "", broken: true };
    const description = plainText(item["description"]);
    const title = plainText(item["title"]);
    // A flow without a title of its own gets its description as one: said once is enough.
    return { name, title: title === "" || title === description ? titleOf(name) : title, description, broken: false };
  });
}

function titleOf(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Take `{nodes: [{id, kind, title}], edges: [{source, target, kind, label}]}`; edges between the same two are one. */
export function readGraph(body: Json): FlowGraph {
  const graph = isObject(body) ? body : {};
  const nodes = Array.isArray(graph["nodes"]) ? graph["nodes"].filter(isObject) : [];
  const edges = Array.isArray(graph["edges"]) ? graph["edges"].filter(isObject) : [];
  const byPair = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const [from, to] = [plainText(edge["source"]), plainText(edge["target"])];
    if (from === "" || to === "") continue;
    const pair = byPair.get(`${from}\n${to}`) ?? { from, to, labels: [], byTimeout: true };
    const label = plainText(edge["label"]);
    if (label !== "" && !pair.labels.includes(label)) pair.labels.push(label);
    byPair.set(`${from}\n${to}`, { ...pair, byTimeout: pair.byTimeout && edge["kind"] === "timeout" });
  }
  const start = nodes.find((node) => node["kind"] === "start");
  return { initial: start ? plainText(start["id"]) : null, nodes: readNodes(nodes), edges: [...byPair.values()] };
}

function readNodes(nodes: JsonObject[]): GraphNode[] {
  return nodes.flatMap((node) => {
    const id = plainText(node["id"]);
    if (id === "") return [];
    return [{ id, label: plainText(node["title"]) || titleOf(id), terminal: node["kind"] === "end" }];
  });
}

/** What a call left: its sound, and where the time of its turns went. */
export type CallFile = "recording.wav" | "trace.json";

/** A file of a call that is over; null while the server has none. */
export async function fetchCallFile(callId: string, file: CallFile): Promise<Blob | null> {
  const response = await fetch(new URL(`calls/${encodeURIComponent(callId)}/${file}`, document.baseURI));
  return response.ok ? response.blob() : null;
}
