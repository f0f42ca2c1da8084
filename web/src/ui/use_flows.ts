import { useCallback } from "react";

import type { FlowGraph, FlowSummary } from "../flow/api";
import { fetchFlows, fetchGraph } from "../flow/api";
import type { Loaded } from "./use_loaded";
import { useLoaded } from "./use_loaded";

export function useFlows(): [Loaded<FlowSummary[]>, () => void] {
  return useLoaded(fetchFlows);
}

export function useGraph(flow: string | null): Loaded<FlowGraph> {
  const load = useCallback((signal: AbortSignal) => fetchGraph(flow ?? "", signal), [flow]);
  return useLoaded(flow === null ? null : load)[0];
}
