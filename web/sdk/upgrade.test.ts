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
    const refused: UpgradeEvent = { on: "refused", forGood: true };
    expect(after({ on: "wanted" }, { on: "offered", sdp: "o" }, refused, { on: "wanted" })).toEqual([
      "never",
      ["open", "send_offer", "close"],
    ]);
  });

  test("not when no way is found, but perhaps later", () => {
    expect(after(...CONNECTED.slice(0, 3), { on: "lost" })[0]).toBe("socket");
    expect(after(...CONNECTED.slice(0, 2), { on: "refused", forGood: false }, { on: "wanted" })[0]).toBe("offering");
  });

  test("and back when the connection is lost", () => {
    const [state, deeds] = after(...CONNECTED, { on: "pause" }, { on: "switch" }, { on: "lost" });
    expect(state).toBe("socket");
    expect(deeds.slice(-2)).toEqual(["send_downgrade", "close"]);
  });

  test("and back when the server says so", () => {
    expect(after(...CONNECTED, { on: "pause" }, { on: "switch" }, { on: "downgraded" })[1].at(-1)).toBe("close");
  });

  test("and back when it does badly, and there again", () => {
    const back = after(...CONNECTED, { on: "pause" }, { on: "switch" }, { on: "unwanted" });
    expect([back[0], back[1].at(-1)]).toEqual(["leaving", "send_downgrade"]);
    const rounds = after(...CONNECTED, { on: "switch" }, { on: "unwanted" }, { on: "downgraded" }, ...CONNECTED, { on: "switch" });
    expect(rounds[0]).toBe("peer");
  });

  test("and nothing happens out of turn", () => {
    expect(after({ on: "switch" }, { on: "connected" }, { on: "pause" }, { on: "downgraded" })).toEqual(["socket", []]);
  });
});
