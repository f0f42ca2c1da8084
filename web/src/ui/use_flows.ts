import { useCallback, useEffect, useState } from "react";

import type { FlowGraph, FlowSummary } from "../flow/api";
import { fetchFlows, fetchGraph } from "../flow/api";

export type Loaded<T> = { is: "loading" } | { is: "failed" } | { is: "ready"; value: T };

function useLoaded<T>(load: ((signal: AbortSignal) => Promise<T>) | null): [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ is: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (load === null) return undefined;
    const abort = new AbortController();
    setLoaded({ is: "loading" });
    load(abort.signal).then(
      (value) => setLoaded({ is: "ready", value }),
      () => {
        if (!abort.signal.aborted) setLoaded({ is: "failed" });
      },
    );
    return () => abort.abort();
  }, [load, attempt]);
  return [loaded, () => setAttempt((n) => n + 1)];
}

export function useFlows(): [Loaded<FlowSummary[]>, () => void] {
  return useLoaded(fetchFlows);
}

export function useGraph(flow: string | null): Loaded<FlowGraph> {
  const load = useCallback((signal: AbortSignal) => fetchGraph(flow ?? "", signal), [flow]);
  return useLoaded(flow === null ? null : load)[0];
}
