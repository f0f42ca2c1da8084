import { useCallback } from "react";

import type { Api } from "../account/api";
import type { FlowItem } from "../account/shapes";
import { useLoaded } from "../ui/use_loaded";

/** What the account's flows are called now; a flow that was deleted, or is the server's own, goes by its id. */
export function useFlowNames(api: Api): (id: string | null) => string {
  const load = useCallback(async () => new Map((await api.get<FlowItem[]>("v1/flows")).map(({ id, name }) => [id, name])), [api]);
  const [names] = useLoaded(load);
  return (id) => (id === null ? "Assistant" : ((names.is === "ready" ? names.value.get(id) : undefined) ?? id));
}
