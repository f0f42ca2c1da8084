import { expect, test } from "vitest";

import { RoundTrips, median } from "./latency";

test("there is no round trip before the first pong", () => expect(new RoundTrips().medianMs).toBeNull());

test("one slow answer does not move the median", () => {
  const trips = new RoundTrips();
  for (const tookMs of [20, 22, 900]) trips.add(1000, 1000 + tookMs);
  expect(trips.medianMs).toBe(22);
});

test("jitter is how far they scatter", () => {
  const trips = new RoundTrips();
  expect(trips.jitterMs).toBe(0);
  for (const tookMs of [10, 30]) trips.add(0, tookMs);
  expect(trips.jitterMs).toBe(10);
});

test("only the last ten answers count", () => {
  const trips = new RoundTrips();
  for (let i = 0; i < 10; i++) trips.add(0, 500);
  for (let i = 0; i < 10; i++) trips.add(0, 10);
  expect(trips.medianMs).toBe(10);
});

test("an answer from the future is not counted", () => {
  const trips = new RoundTrips();
  trips.add(10, 5);
  expect(trips.medianMs).toBeNull();
});

test("the median of an even count lies between the middle two", () => expect(median([4, 1, 3, 2])).toBe(2.5));
