import { describe, expect, test } from "vitest";

import type { ServerMessage } from "../../sdk/wire/pvp";
import { parseMessage } from "../../sdk/wire/pvp";
import type { Session } from "./session";
import { IDLE, reduce } from "./session";

function message(raw: object): ServerMessage {
  const parsed = parseMessage(JSON.stringify(raw));
  if (!parsed) throw new Error("not a message");
  return parsed;
}

function after(session: Session, ...messages: object[]): Session {
  return messages.reduce((state: Session, raw) => reduce(state, { do: "message", message: message(raw) }), session);
}

const LIVE = reduce(reduce(IDLE, { do: "dial", flow: "onboarding" }), { do: "opened" });
const FORM = { artifact_type: "form", prompt: "Who?", fields: [{ id: "name", type: "text", label: "Name" }] };
const state = (name: string, artifact: object | null = null, more: object = {}) => ({
  type: "flow_state",
  flow_id: "f",
  state: name,
  artifact,
  variables: {},
  available_actions: [],
  ...more,
});

describe("captions", () => {
  test("a later transcript of the same id replaces the earlier one in place", () => {
    const session = after(
      LIVE,
      { type: "transcript", id: "u1", role: "user", text: "My na", is_final: false },
      { type: "transcript", id: "b1", role: "assistant", text: "Hm", is_final: true },
      { type: "transcript", id: "u1", role: "user", text: "My name is Ada", is_final: true },
    );
    expect(session.captions.map(({ id, text, isFinal }) => [id, text, isFinal])).toEqual([
      ["u1", "My name is Ada", true],
      ["b1", "Hm", true],
    ]);
  });

  test("what was heard replaces what was meant when the bot is cut off", () => {
    const session = after(
      LIVE,
      { type: "transcript", id: "b1", role: "assistant", text: "One two three", is_final: true },
      { type: "transcript", id: "b1", role: "assistant", text: "One", is_final: true, interrupted: true },
    );
    expect(session.captions).toEqual([{ id: "b1", role: "assistant", text: "One", isFinal: true, interrupted: true }]);
  });

  test("forgets an answer of which nothing was heard", () => {
    const session = after(
      LIVE,
      { type: "transcript", id: "b1", role: "assistant", text: "One two", is_final: false },
      { type: "transcript", id: "b1", role: "assistant", text: "", is_final: true, interrupted: true },
    );
    expect(session.captions).toEqual([]);
  });
});

describe("the screen", () => {
  test("a state brings its form, filled with what is known", () => {
    const session = after(LIVE, state("details", FORM, { variables: { name: "Ada", age: null } }));
    expect(session.screen?.kind).toBe("form");
    expect(session.fields).toEqual({ name: "Ada" });
  });

  test("the artifact message that follows the state changes nothing the user typed", () => {
    let session = after(LIVE, state("details", FORM));
    session = reduce(session, { do: "edited", field: "name", value: "Bob" });
    session = after(session, { type: "artifact", id: "x", ...FORM });
    expect(session.fields).toEqual({ name: "Bob" });
  });

  test("a field update fills the field and says which", () => {
    const session = after(LIVE, state("details", FORM), {
      type: "artifact",
      artifact_type: "field_update",
      field_id: "name",
      value: "Ada",
    });
    expect([session.fields, session.filledField]).toEqual([{ name: "Ada" }, "name"]);
  });

  test("a refreshed state keeps what is typed; another state forgets it", () => {
    let session = reduce(after(LIVE, state("details", FORM)), { do: "edited", field: "name", value: "Bob" });
    session = after(session, state("details", { ...FORM, prompt: "Who, please?" }));
    expect(session.fields).toEqual({ name: "Bob" });
    expect(session.screen?.payload["prompt"]).toBe("Who, please?");
    expect(after(session, state("other", FORM)).fields).toEqual({});
  });

  test("a state without an artifact clears the screen, and so does dismiss", () => {
    expect(after(LIVE, state("details", FORM), state("bye")).screen).toBeNull();
    expect(after(LIVE, state("details", FORM), { type: "artifact", artifact_type: "dismiss" }).screen).toBeNull();
  });

  test("the path through the states is kept, without refreshes", () => {
    expect(after(LIVE, state("a"), state("a"), state("b"), state("a")).visited).toEqual(["a", "b", "a"]);
  });

  test("a refusal is shown until the next state", () => {
    const refused = after(LIVE, state("a"), { type: "transition_blocked", flow_id: "f", reason: "guard_failed", detail: "Not yet." });
    expect(refused.blocked).toBe("Not yet.");
    expect(after(refused, state("b")).blocked).toBeNull();
  });
});

describe("the end", () => {
  test("a finished flow ends without a notice", () => {
    const done = after(LIVE, { type: "flow_end", flow_id: "f", reason: "completed", variables: { name: "Ada" } });
    const session = reduce(done, { do: "closed", code: 1000, opened: true });
    expect([session.phase, session.endReason, session.notice, session.variables]).toEqual(["ended", "completed", null, { name: "Ada" }]);
  });

  test("a lost connection offers to reconnect and keeps the conversation", () => {
    const talked = after(LIVE, { type: "transcript", id: "u", role: "user", text: "hi", is_final: true });
    const session = reduce(talked, { do: "closed", code: 1006, opened: true });
    expect([session.phase, session.notice?.retry, session.captions.length]).toEqual(["ended", "Reconnect", 1]);
  });

  test("what the server said is not overwritten by the close that follows", () => {
    const told = after(LIVE, { type: "error", message: "Every line is taken.", code: "capacity.full" });
    expect(reduce(told, { do: "closed", code: 1013, opened: true }).notice?.title).toBe("All lines are busy");
  });

  test("a call that never opened goes back to the start with a reason", () => {
    const session = reduce(reduce(IDLE, { do: "dial", flow: "x" }), { do: "closed", code: 1006, opened: false });
    expect([session.phase, session.notice?.title]).toEqual(["idle", "Could not connect"]);
  });

  test("hanging up leaves no screen to act on", () => {
    const session = reduce(after(LIVE, state("details", FORM, { available_actions: ["x"] })), { do: "hung_up" });
    expect([session.phase, session.screen, session.actions]).toEqual(["ended", null, []]);
  });

  test("a new call starts from nothing", () => {
    const session = reduce(after(LIVE, state("a")), { do: "dial", flow: "other" });
    expect(session).toEqual({ ...IDLE, phase: "connecting", flow: "other" });
  });
});

test("a waterfall that comes twice is one turn, and turns are in order", () => {
  const session = after(
    LIVE,
    { type: "waterfall", turn: 2, gap_ms: 5, spans: [] },
    { type: "waterfall", turn: 1, gap_ms: 4, spans: [] },
    { type: "waterfall", turn: 2, gap_ms: 6, spans: [] },
  );
  expect(session.turns.map(({ turn, gapMs }) => [turn, gapMs])).toEqual([
    [1, 4],
    [2, 6],
  ]);
});
