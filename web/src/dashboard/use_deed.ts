import { useCallback, useState } from "react";

import type { Finding } from "../account/api";
import { ApiError } from "../account/api";

/** Something that a button does: whether it is being done, and why it could not be. */
export interface Deed {
  busy: boolean;
  problem: string | null;
  findings: Finding[];
  run: (work: () => Promise<void>) => void;
}

export function useDeed(): Deed {
  const [state, setState] = useState<Omit<Deed, "run">>({ busy: false, problem: null, findings: [] });
  const run = useCallback((work: () => Promise<void>) => {
    setState({ busy: true, problem: null, findings: [] });
    work().then(
      () => setState((before) => ({ ...before, busy: false })),
      (error: unknown) => {
        const findings = error instanceof ApiError ? error.findings : [];
        setState({ busy: false, problem: error instanceof Error ? error.message : String(error), findings });
      },
    );
  }, []);
  return { ...state, run };
}
