/** How a call's sound moves to WebRTC and back (docs/pvp.md §9), without sockets, clocks or DOM: events in, deeds out. */

/** `leaving`: still on the peer, told the server to go back. `never`: this call stays on its socket. */
export type UpgradeState = "socket" | "offering" | "connecting" | "ready" | "peer" | "leaving" | "never";

export type UpgradeEvent =
  | { on: "wanted" }
  | { on: "unwanted" }
  | { on: "offered"; sdp: string }
  | { on: "answered"; sdp: string }
  | { on: "connected" }
  | { on: "pause" }
  | { on: "switch" }
  | { on: "refused"; forGood: boolean }
  | { on: "downgraded" }
  | { on: "lost" };

export type UpgradeDeed =
  | { do: "open" }
  | { do: "send_offer"; sdp: string }
  | { do: "accept"; sdp: string }
  | { do: "send_complete" }
  | { do: "send_downgrade" }
  | { do: "close" };

/** The next state, and what is to be done. */
export function step(state: UpgradeState, event: UpgradeEvent): [UpgradeState, UpgradeDeed[]] {
  if (state === "never") return [state, []];
  switch (event.on) {
    case "wanted":
      return state === "socket" ? ["offering", [{ do: "open" }]] : [state, []];
    case "unwanted":
      return state === "peer" ? ["leaving", [{ do: "send_downgrade" }]] : [state, []];
    case "offered":
      return state === "offering" ? [state, [{ do: "send_offer", sdp: event.sdp }]] : [state, []];
    case "answered":
      return state === "offering" ? ["connecting", [{ do: "accept", sdp: event.sdp }]] : [state, []];
    case "connected":
      return state === "connecting" ? ["ready", []] : [state, []];
    case "pause":
      return state === "ready" ? [state, [{ do: "send_complete" }]] : [state, []];
    case "switch":
      return state === "ready" || state === "connecting" ? ["peer", []] : [state, []];
    case "refused":
      if (state === "socket") return [event.forGood ? "never" : state, []];
      return [event.forGood ? "never" : "socket", [{ do: "close" }]];
    case "downgraded":
      return state === "peer" || state === "leaving" ? ["socket", [{ do: "close" }]] : [state, []];
    case "lost":
      if (state === "socket") return [state, []];
      return ["socket", state === "peer" ? [{ do: "send_downgrade" }, { do: "close" }] : [{ do: "close" }]];
  }
}
