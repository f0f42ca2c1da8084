import { expect, test } from "vitest";

import { describeRow, formatMs, medianGapMs, rowsOf } from "./waterfall";

const TURNS = [
  { turn: 0, gapMs: null, spans: [{ name: "tts", startMs: 0, endMs: 100 }] },
  {
    turn: 1,
    gapMs: 400,
    spans: [
      { name: "endpoint", startMs: 0, endMs: 200 },
      { name: "stt", startMs: 200, endMs: 300 },
    ],
  },
  { turn: 2, gapMs: 600, spans: [] },
];

test("all turns share one scale", () => {
  const [greeting, first] = rowsOf(TURNS);
  expect(greeting?.bars[0]?.widthPercent).toBeCloseTo(100 / 6);
  expect(first?.bars[1]?.leftPercent).toBeCloseTo(100 / 3);
  expect([greeting?.title, greeting?.totalMs, first?.totalMs]).toEqual(["Greeting", 100, 400]);
});

test("a span that starts before the silence is drawn from zero and its whole length is told", () => {
  const [row] = rowsOf([{ turn: 1, gapMs: 100, spans: [{ name: "stt", startMs: -50, endMs: 50 }] }]);
  expect(row?.bars[0]).toMatchObject({ leftPercent: 0, widthPercent: 50, tookMs: 100 });
});

test("a turn can be read out", () => {
  expect(describeRow(rowsOf(TURNS)[1]!)).toBe("Turn 1: 400 ms in all. Silence noticed 200 ms, Speech to text 100 ms.");
});

test("the greeting does not count towards the median", () => {
  expect(medianGapMs(TURNS)).toBe(500);
  expect(medianGapMs(TURNS.slice(0, 1))).toBeNull();
});

test("long times are in seconds", () => expect([formatMs(999.4), formatMs(1234)]).toEqual(["999 ms", "1.23 s"]));
