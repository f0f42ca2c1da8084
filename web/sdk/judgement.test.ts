import { describe, expect, test } from "vitest";

import type { Judgement, Measured, Wish } from "./judgement";
import { judge, moved, UNJUDGED } from "./judgement";

const SLOW: Measured = { of: "websocket", rttMs: 300, jitterMs: 5 };
const UNSTEADY: Measured = { of: "websocket", rttMs: 90, jitterMs: 80 };
const FAST: Measured = { of: "websocket", rttMs: 40, jitterMs: 5 };
const LOSSY: Measured = { of: "webrtc", rttMs: 60, loss: 0.3, mos: 2.1 };
const FAIR: Measured = { of: "webrtc", rttMs: 300, loss: 0.05, mos: 3.2 };

/** One figure every five seconds. */
function figures(judgement: Judgement, nowMs: number, ...measured: Measured[]): [Judgement, Wish[], number] {
  const wishes: Wish[] = [];
  for (const each of measured) {
    const [next, wish] = judge(judgement, each, nowMs);
    judgement = next;
    wishes.push(wish);
    nowMs += 5000;
  }
  return [judgement, wishes, nowMs];
}

describe("a call leaves its socket", () => {
  test.each([SLOW, UNSTEADY])("after three bad figures: %o", (bad) => {
    expect(figures(UNJUDGED, 0, bad, bad, bad)[1]).toEqual([null, null, "upgrade"]);
  });

  test("not while good ones come between", () => {
    expect(figures(UNJUDGED, 0, SLOW, SLOW, FAST, SLOW, SLOW, FAST)[1]).toEqual(Array(6).fill(null));
  });

  test("and asks again only after a rest where that came to nothing", () => {
    const wishes = figures(UNJUDGED, 0, ...Array<Measured>(12).fill(SLOW))[1];
    expect(wishes.flatMap((wish, i) => (wish ? [i] : []))).toEqual([2, 8]);
  });
});

describe("a call comes back", () => {
  const onPeer = moved(UNJUDGED, "webrtc", 0);

  test("after three bad figures of the peer", () => {
    expect(figures(onPeer, 0, LOSSY, LOSSY, FAIR, LOSSY, LOSSY, LOSSY)[1].indexOf("downgrade")).toBe(5);
  });

  test("not for what would have sent it there: the limits lie apart", () => {
    expect(figures(onPeer, 60_000, FAIR, FAIR, FAIR, FAIR)[1]).toEqual(Array(4).fill(null));
  });

  test("not for what the socket does meanwhile", () => {
    expect(figures(onPeer, 60_000, SLOW, SLOW, SLOW, SLOW)[1]).toEqual(Array(4).fill(null));
  });

  test("and rests twice as long before it leaves again, each time, up to a bound", () => {
    let judgement = UNJUDGED;
    let nowMs = 0;
    const rests: number[] = [];
    for (let i = 0; i < 6; i++) {
      judgement = moved(judgement, "webrtc", nowMs);
      judgement = moved(judgement, "websocket", nowMs);
      rests.push((judgement.restUntilMs - nowMs) / 1000);
      nowMs += 1_000_000;
    }
    expect(rests).toEqual([60, 120, 240, 480, 480, 480]);
  });

  test("and a figure that is not known is not a bad one", () => {
    const unknown: Measured = { of: "webrtc", rttMs: null, loss: null, mos: null };
    expect(figures(onPeer, 60_000, unknown, unknown, unknown)[1]).toEqual([null, null, null]);
  });
});
