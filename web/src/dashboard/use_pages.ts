import { useCallback, useEffect, useState } from "react";

import type { Api } from "../account/api";
import type { Loaded } from "../ui/use_loaded";

const PAGE = 50;

/** A listing that is told newest first and asked for page by page. */
export interface Pages<T> {
  loaded: Loaded<T[]>;
  reload: () => void;
  /** Ask for what is older; null at the end. */
  more: (() => void) | null;
}

export function usePages<T extends { id: string }>(api: Api, path: string): Pages<T> {
  const [loaded, setLoaded] = useState<Loaded<T[]>>({ is: "loading" });
  const [isWhole, setIsWhole] = useState(true);

  const ask = useCallback(
    async (known: T[]) => {
      const last = known.at(-1);
      try {
        const page = await api.get<T[]>(`${path}?limit=${PAGE}${last ? `&before=${encodeURIComponent(last.id)}` : ""}`);
        setIsWhole(page.length < PAGE);
        setLoaded({ is: "ready", value: [...known, ...page] });
      } catch (error) {
        setLoaded({ is: "failed", reason: error instanceof Error ? error.message : String(error) });
      }
    },
    [api, path],
  );

  useEffect(() => void ask([]), [ask]);

  const reload = () => {
    setLoaded({ is: "loading" });
    void ask([]);
  };
  return { loaded, reload, more: isWhole || loaded.is !== "ready" ? null : () => void ask(loaded.value) };
}
