import { useCallback, useEffect, useState } from "react";

export type Loaded<T> = { is: "loading" } | { is: "failed"; reason: string } | { is: "ready"; value: T };

/** Load something when the page needs it; null loads nothing. The second value loads it again. */
export function useLoaded<T>(load: ((signal: AbortSignal) => Promise<T>) | null): [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ is: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (load === null) return undefined;
    const abort = new AbortController();
    setLoaded({ is: "loading" });
    load(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setLoaded({ is: "ready", value });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setLoaded({ is: "failed", reason: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => abort.abort();
  }, [load, attempt]);
  return [loaded, useCallback(() => setAttempt((n) => n + 1), [])];
}
