import { useCallback, useMemo, useState } from "react";

import { Api } from "../account/api";
import { readOauthToken } from "../account/route";

const KEY = "antiphon.login";

/** Who is logged in on this browser: a token that is kept until it is void, or nobody. */
export interface Login {
  api: Api;
  /** The server did not take the token any more. */
  expired: boolean;
  logIn: (token: string) => void;
  logOut: () => void;
}

export function useLogin(): Login {
  const [token, setToken] = useState<string | null>(firstToken);
  const [expired, setExpired] = useState(false);

  const keep = useCallback((next: string | null, isExpired: boolean) => {
    if (next === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
    setToken(next);
    setExpired(isExpired);
  }, []);

  const api = useMemo(() => new Api(token, () => keep(null, true)), [token, keep]);
  const logIn = useCallback((next: string) => keep(next, false), [keep]);
  const logOut = useCallback(() => keep(null, false), [keep]);
  return { api, expired, logIn, logOut };
}

/** A log-in elsewhere ends here with its token behind the `#`: take it, and take it out of the address. */
function firstToken(): string | null {
  const brought = readOauthToken(location.hash);
  if (brought === null) return localStorage.getItem(KEY);
  localStorage.setItem(KEY, brought);
  history.replaceState(null, "", location.pathname);
  return brought;
}
