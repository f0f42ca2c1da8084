import { describe, expect, test } from "vitest";

import type { UpgradeDeed, UpgradeEvent, UpgradeState } from "./upgrade";
import { step } from "./upgrade";

function after(...events: UpgradeEvent[]): [UpgradeState, string[]] {
  let state: UpgradeState = "socket";
  const deeds: UpgradeDeed[] = [];
  for (const event of events) {
    const [next, done] = step(state, event);
    state = next;
    deeds.push(...done);
  }
  return [state, deeds.map((deed) => deed.do)];
}

const CONNECTED: UpgradeEvent[] = [
  { on: "wanted" },
  { on: "offered", sdp: "o" },
  { on: "answered", sdp: "a" },
  { on: "connected" },
];

describe("a call's sound moves to WebRTC", () => {
  test("in a pause of the bot's", () => {
    expect(after(...CONNECTED, { on: "pause" }, { on: "switch" })).toEqual([
      "peer",
      ["open", "send_offer", "accept", "send_complete"],
    ]);
  });

  test("not when the server cannot", () => {
    expect(after({ on: "wanted" }, { on: "offered", sdp: "o" }, { on: "refused" }, { on: "wanted" })).toEqual([
      "never",
      ["open", "send_offer", "close"],
    ]);
  });

  test("not when no way is found", () => {
    expect(after(...CONNECTED.slice(0, 3), { on: "lost" })[0]).toBe("never");
  });

  test("and back when the connection is lost", () => {
    const [state, deeds] = after(...CONNECTED, { on: "pause" }, { on: "switch" }, { on: "lost" });
    expect(state).toBe("never");
    expect(deeds.slice(-2)).toEqual(["send_downgrade", "close"]);
  });

  test("and back when the server says so", () => {
    expect(after(...CONNECTED, { on: "pause" }, { on: "switch" }, { on: "downgraded" })[1].at(-1)).toBe("close");
  });

  test("and nothing happens out of turn", () => {
    expect(after({ on: "switch" }, { on: "connected" }, { on: "pause" }, { on: "downgraded" })).toEqual(["socket", []]);
  });
});
