/** The messages of PVP (docs/pvp.md §4 and §5) and how a text frame becomes one. */

import type { ClientWire, Json, JsonObject, ServerWire } from "./messages";

export type { Json, JsonObject };
export type ClientMessage = ClientWire;

export type Role = "user" | "assistant";
export type Status = "idle" | "listening" | "speaking" | "ended";

export interface Artifact {
  id: string;
  kind: string;
  payload: JsonObject;
}

export interface Span {
  name: string;
  startMs: number;
  endMs: number;
}

export type ServerMessage =
  | { type: "config"; rateHz: number; callId: string | null; resumeToken: string | null }
  | { type: "status"; status: Status }
  | { type: "transcript"; id: string; role: Role; text: string; isFinal: boolean; interrupted: boolean }
  | {
      type: "flow_state";
      flowId: string;
      state: string;
      artifact: JsonObject | null;
      variables: JsonObject;
      actions: string[];
      prompt: string | null;
      progress: { current: number; total: number } | null;
    }
  | { type: "artifact"; artifact: Artifact }
  | { type: "field_update"; fieldId: string; value: Json }
  | { type: "flow_variable"; key: string; value: Json }
  | { type: "transition_blocked"; fromState: string; target: string; reason: string; detail: string }
  | { type: "flow_end"; reason: string; variables: JsonObject }
  | { type: "interrupted"; generation: number }
  | { type: "waterfall"; turn: number; gapMs: number | null; spans: Span[] }
  | { type: "pong"; ts: number }
  | { type: "upgrade_answer"; sdp: string }
  | { type: "upgrade_failed"; reason: string }
  | { type: "switch_now" }
  | { type: "downgrade_complete" }
  | { type: "quality"; jitterMs: number | null; loss: number | null; rttMs: number | null; mos: number | null }
  | { type: "error"; message: string; code: string; findings: string[] };

/** A message of the server's as it came: its fields have their names, and nobody has looked at them yet. */
type Raw<Type extends ServerWire["type"]> = { readonly [Field in keyof Extract<ServerWire, { type: Type }>]?: Json };

const STATUSES: readonly string[] = ["idle", "listening", "speaking", "ended"];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Text of any JSON value, as a person would write it. */
export function plainText(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function text(value: Json | undefined, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

function number(value: Json | undefined, otherwise = 0): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

function measured(value: Json | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function readArtifact(raw: Raw<"artifact">): ServerMessage {
  const { type: _type, id, artifact_type: kind, seq: _seq, ...rest } = raw;
  const payload = rest as JsonObject;
  if (kind === "field_update") {
    return {
      type: "field_update",
      fieldId: text(payload["field_id"]),
      value: payload["value"] ?? payload["field_value"] ?? null,
    };
  }
  return { type: "artifact", artifact: { id: text(id), kind: text(kind, "unknown"), payload } };
}

function readFlowState(raw: Raw<"flow_state">): ServerMessage {
  const progress = raw.progress;
  return {
    type: "flow_state",
    flowId: text(raw.flow_id),
    state: text(raw.state),
    artifact: isObject(raw.artifact) ? raw.artifact : null,
    variables: object(raw.variables),
    actions: strings(raw.available_actions),
    prompt: typeof raw.prompt === "string" ? raw.prompt : null,
    progress: isObject(progress)
      ? { current: number(progress["current"]), total: number(progress["total"]) }
      : null,
  };
}

function readWaterfall(raw: Raw<"waterfall">): ServerMessage {
  const spans = Array.isArray(raw.spans) ? raw.spans.filter(isObject) : [];
  return {
    type: "waterfall",
    turn: number(raw.turn),
    gapMs: typeof raw.gap_ms === "number" ? raw.gap_ms : null,
    spans: spans.map((span) => ({
      name: text(span["name"], "?"),
      startMs: number(span["start_ms"]),
      endMs: number(span["end_ms"]),
    })),
  };
}

function readFinding(finding: Json): string {
  if (!isObject(finding)) return plainText(finding);
  const line = finding["line"];
  const words = text(finding["message"], text(finding["detail"], JSON.stringify(finding)));
  return typeof line === "number" ? `Line ${line}: ${words}` : words;
}

/** One for each type that the server has: without one for a new type, this does not compile. */
const READERS: { readonly [Type in ServerWire["type"]]: (raw: Raw<Type>) => ServerMessage | null } = {
  config: (raw) => ({
    type: "config",
    rateHz: number(raw.audio_sample_rate, 16000),
    callId: typeof raw.call_id === "string" ? raw.call_id : null,
    resumeToken: typeof raw.resume_token === "string" ? raw.resume_token : null,
  }),
  status: (raw) => {
    const status = text(raw.status);
    return STATUSES.includes(status) ? { type: "status", status: status as Status } : null;
  },
  transcript: (raw) => {
    const role = raw.role;
    if (role !== "user" && role !== "assistant") return null;
    return {
      type: "transcript",
      id: text(raw.id),
      role,
      text: text(raw.text),
      isFinal: raw.is_final !== false,
      interrupted: raw.interrupted === true,
    };
  },
  flow_state: readFlowState,
  artifact: readArtifact,
  flow_variable: (raw) => ({ type: "flow_variable", key: text(raw.key), value: raw.value ?? null }),
  transition_blocked: (raw) => ({
    type: "transition_blocked",
    fromState: text(raw.from_state),
    target: text(raw.attempted_target, "?"),
    reason: text(raw.reason),
    detail: text(raw.detail),
  }),
  flow_end: (raw) => ({
    type: "flow_end",
    reason: text(raw.reason, "completed"),
    variables: object(raw.variables),
  }),
  interrupted: (raw) => ({ type: "interrupted", generation: number(raw.generation) }),
  waterfall: readWaterfall,
  "upgrade-answer": (raw) => ({ type: "upgrade_answer", sdp: text(raw.sdp) }),
  "upgrade-failed": (raw) => ({ type: "upgrade_failed", reason: text(raw.reason) }),
  "upgrade-ready": () => null,
  "switch-now": () => ({ type: "switch_now" }),
  "downgrade-complete": () => ({ type: "downgrade_complete" }),
  quality: (raw) => ({
    type: "quality",
    jitterMs: measured(raw.jitter_ms),
    loss: measured(raw.loss),
    rttMs: measured(raw.rtt_ms),
    mos: measured(raw.mos),
  }),
  pong: (raw) => (typeof raw.ts === "number" ? { type: "pong", ts: raw.ts } : null),
  error: (raw) => ({
    type: "error",
    message: text(raw.message, "The server reported an error."),
    code: text(raw.code),
    findings: Array.isArray(raw.findings) ? raw.findings.map(readFinding) : [],
  }),
};

/** A text frame as a message; null for what is not PVP or not known, which both sides ignore. */
export function parseMessage(frame: string): ServerMessage | null {
  let raw: unknown;
  try {
    raw = JSON.parse(frame);
  } catch {
    return null;
  }
  if (!isObject(raw) || typeof raw["type"] !== "string") return null;
  if (!Object.hasOwn(READERS, raw["type"])) return null;
  const read = READERS[raw["type"] as ServerWire["type"]] as (raw: JsonObject) => ServerMessage | null;
  return read(raw);
}

/** The number of a lasting message, for who comes back after a cut; null where it has none. */
export function sequenceOf(frame: string): number | null {
  const found = /"seq":(\d+)\}$/.exec(frame);
  return found ? Number(found[1]) : null;
}
