/** Which view the address names: everything is behind the `#`, which no server sees. */

export type Route =
  | { view: "sessions" }
  | { view: "session"; id: string }
  | { view: "flows" }
  | { view: "flow"; id: string }
  | { view: "keys" }
  | { view: "credits" }
  | { view: "login" };

export function readRoute(hash: string): Route {
  const [view = "", id] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (view === "flows") return id ? { view: "flow", id } : { view: "flows" };
  if (view === "sessions" && id) return { view: "session", id };
  if (view === "keys" || view === "credits" || view === "login") return { view };
  return { view: "sessions" };
}

/** What a log-in elsewhere came back with (`#oauth_token=…`), or null. */
export function readOauthToken(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("oauth_token");
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
