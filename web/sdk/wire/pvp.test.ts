import { describe, expect, test } from "vitest";

import { parseMessage, plainText } from "./pvp";

const parse = (message: object) => parseMessage(JSON.stringify(message));

describe("parseMessage", () => {
  test.each(["", "no json", "[]", "null", "3", '"config"', "{}", '{"type": 3}', '{"type":"toString"}', '{"type":"later"}'])(
    "ignores %s",
    (frame) => expect(parseMessage(frame)).toBeNull(),
  );

  test("reads the rate and the call's id from config", () => {
    expect(parse({ type: "config", audio_sample_rate: 24000, call_id: "c1" })).toEqual({ type: "config", rateHz: 24000, callId: "c1", resumeToken: null });
    expect(parse({ type: "config" })).toEqual({ type: "config", rateHz: 16000, callId: null, resumeToken: null });
  });

  test("keeps the payload of an artifact apart from its envelope", () => {
    expect(parse({ type: "artifact", id: "a", artifact_type: "card", prompt: "Hi", params: { points: [1] } })).toEqual({
      type: "artifact",
      artifact: { id: "a", kind: "card", payload: { prompt: "Hi", params: { points: [1] } } },
    });
  });

  test("reads a field update under both names of its value", () => {
    expect(parse({ type: "artifact", artifact_type: "field_update", field_id: "email", value: "a@b" })).toEqual({
      type: "field_update",
      fieldId: "email",
      value: "a@b",
    });
    expect(parse({ type: "artifact", artifact_type: "field_update", field_id: "n", field_value: 3 })).toMatchObject({ value: 3 });
  });

  test("takes a transcript without is_final as final, and one of no known role not at all", () => {
    expect(parse({ type: "transcript", id: "1", role: "user", text: "hi" })).toMatchObject({ isFinal: true, interrupted: false });
    expect(parse({ type: "transcript", id: "1", role: "dog", text: "woof" })).toBeNull();
  });

  test("reads a waterfall, with no gap for the greeting", () => {
    expect(parse({ type: "waterfall", turn: 0, gap_ms: null, spans: [{ name: "tts", start_ms: 1, end_ms: 5 }, "x"] })).toEqual({
      type: "waterfall",
      turn: 0,
      gapMs: null,
      spans: [{ name: "tts", startMs: 1, endMs: 5 }],
    });
  });

  test("survives values of the wrong type in every message", () => {
    const types = ["config", "status", "transcript", "flow_state", "artifact", "flow_variable", "transition_blocked", "flow_end", "interrupted", "waterfall", "pong", "error"];
    const keys = ["status", "role", "text", "artifact", "variables", "available_actions", "progress", "spans", "findings", "ts", "gap_ms", "value", "artifact_type"];
    for (const type of types) {
      for (const wrong of [null, 1, "x", [], {}, [null, 1, {}], true]) {
        const message = { type, ...Object.fromEntries(keys.map((key) => [key, wrong])) };
        expect(() => parse(message)).not.toThrow();
      }
    }
  });

  test("says where a finding is", () => {
    expect(parse({ type: "error", message: "m", code: "flow.invalid", findings: [{ line: 3, message: "bad" }, "plain"] })).toMatchObject({
      findings: ["Line 3: bad", "plain"],
    });
  });
});

test("plainText writes values as people do", () => {
  expect([null, true, false, 2.5, "a", { b: 1 }].map((value) => plainText(value))).toEqual(["", "yes", "no", "2.5", "a", '{"b":1}']);
});
