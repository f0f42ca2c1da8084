/** What the page knows of a call: messages in, state out. No sockets, no clocks, no DOM. */

import type { Artifact, Json, JsonObject, Role, ServerMessage, Span, Status } from "../../sdk/wire/pvp";
import { plainText } from "../../sdk/wire/pvp";
import type { Notice } from "./notice";
import { noticeForClose, noticeForError } from "./notice";
import { formFields } from "./screen";

export type Phase = "idle" | "connecting" | "live" | "ended";

export interface Caption {
  id: string;
  role: Role;
  text: string;
  isFinal: boolean;
  interrupted: boolean;
}

export interface Turn {
  turn: number;
  gapMs: number | null;
  spans: Span[];
}

export interface Session {
  phase: Phase;
  flow: string | null;
  flowId: string | null;
  callId: string | null;
  status: Status;
  muted: boolean;
  captions: Caption[];
  state: string | null;
  visited: string[];
  progress: { current: number; total: number } | null;
  actions: string[];
  screen: Artifact | null;
  fields: Record<string, string>;
  /** The field that voice or server filled last, to draw the eye to it. */
  filledField: string | null;
  variables: JsonObject;
  /** Why the last transition was refused, until the next state. */
  blocked: string | null;
  turns: Turn[];
  endReason: string | null;
  roundTripMs: number | null;
  wire: "websocket" | "webrtc";
  notice: Notice | null;
}

export type SessionAction =
  | { do: "dial"; flow: string }
  | { do: "opened" }
  | { do: "message"; message: ServerMessage }
  | { do: "closed"; code: number; opened: boolean }
  | { do: "hung_up" }
  | { do: "failed"; notice: Notice }
  | { do: "edited"; field: string; value: string }
  | { do: "muted"; muted: boolean }
  | { do: "round_trip"; medianMs: number | null }
  | { do: "wire"; wire: "websocket" | "webrtc" }
  | { do: "dismissed" };

export const IDLE: Session = {
  phase: "idle",
  flow: null,
  flowId: null,
  callId: null,
  status: "idle",
  muted: false,
  captions: [],
  state: null,
  visited: [],
  progress: null,
  actions: [],
  screen: null,
  fields: {},
  filledField: null,
  variables: {},
  blocked: null,
  turns: [],
  endReason: null,
  roundTripMs: null,
  wire: "websocket",
  notice: null,
};

/** The next state of the page. */
export function reduce(session: Session, action: SessionAction): Session {
  switch (action.do) {
    case "dial":
      return { ...IDLE, phase: "connecting", flow: action.flow };
    case "opened":
      return { ...session, phase: "live" };
    case "message":
      return receive(session, action.message);
    case "closed":
      return closed(session, action.code, action.opened);
    case "hung_up":
      return over(session);
    case "failed":
      return { ...over(session), phase: session.callId ? "ended" : "idle", notice: action.notice };
    case "edited":
      return { ...session, fields: { ...session.fields, [action.field]: action.value }, filledField: null };
    case "muted":
      return { ...session, muted: action.muted };
    case "round_trip":
      return { ...session, roundTripMs: action.medianMs };
    case "wire":
      return { ...session, wire: action.wire };
    case "dismissed":
      return { ...session, notice: null };
  }
}

function over(session: Session): Session {
  return { ...session, phase: "ended", status: "ended", actions: [], screen: null, blocked: null };
}

function closed(session: Session, code: number, opened: boolean): Session {
  if (session.phase !== "live" && session.phase !== "connecting") return session;
  const notice = session.notice ?? (session.endReason === null ? noticeForClose(code, opened) : null);
  const ended = over(session);
  return { ...ended, phase: opened ? "ended" : "idle", notice };
}

function receive(session: Session, message: ServerMessage): Session {
  switch (message.type) {
    case "config":
      return { ...session, callId: message.callId };
    case "status":
      return { ...session, status: message.status };
    case "transcript":
      return { ...session, captions: withCaption(session.captions, message) };
    case "flow_state":
      return enter(session, message);
    case "artifact":
      return message.artifact.kind === "dismiss" ? { ...session, screen: null } : show(session, message.artifact);
    case "field_update":
      return {
        ...session,
        fields: { ...session.fields, [message.fieldId]: plainText(message.value) },
        filledField: message.fieldId,
      };
    case "flow_variable":
      return { ...session, variables: { ...session.variables, [message.key]: message.value } };
    case "transition_blocked":
      return { ...session, blocked: message.detail || message.reason.replaceAll("_", " ") };
    case "flow_end":
      return { ...session, endReason: message.reason, variables: { ...session.variables, ...message.variables } };
    case "waterfall":
      return { ...session, turns: withTurn(session.turns, message) };
    case "error":
      return { ...session, notice: noticeForError(message.code, message.message, message.findings) };
    default:
      return session; // what concerns the wire only
  }
}

function withCaption(captions: Caption[], caption: Caption): Caption[] {
  const { id, role, text, isFinal, interrupted } = caption;
  const next = { id, role, text, isFinal, interrupted };
  // Of what was cut off before its first word nothing was heard: it was never said.
  if (interrupted && text === "") return captions.filter((other) => other.id !== id);
  const known = captions.findIndex((other) => other.id === id);
  return known < 0 ? [...captions, next] : captions.with(known, next);
}

function withTurn(turns: Turn[], { turn, gapMs, spans }: Turn): Turn[] {
  return [...turns.filter((other) => other.turn !== turn), { turn, gapMs, spans }].sort((a, b) => a.turn - b.turn);
}

type FlowState = Extract<ServerMessage, { type: "flow_state" }>;

function enter(session: Session, message: FlowState): Session {
  const same = message.state === session.state && message.flowId === session.flowId;
  const next: Session = {
    ...session,
    flowId: message.flowId,
    state: message.state,
    visited: same ? session.visited : [...session.visited, message.state],
    progress: message.progress ?? (same ? session.progress : null),
    actions: message.actions,
    variables: { ...session.variables, ...message.variables },
    blocked: same ? session.blocked : null,
    fields: same ? session.fields : {},
    filledField: same ? session.filledField : null,
  };
  if (message.artifact === null) return { ...next, screen: null };
  const { artifact_type: kind, id: _id, ...payload } = message.artifact;
  return show(next, { id: message.state, kind: plainText(kind) || "unknown", payload });
}

/** Put an artifact on the screen; a form starts with what the call already knows. */
function show(session: Session, artifact: Artifact): Session {
  const fields: Record<string, string> = {};
  for (const field of formFields(artifact)) {
    const known: Json | undefined = session.fields[field.id] ?? session.variables[field.id];
    if (known !== undefined && known !== null) fields[field.id] = plainText(known);
  }
  return { ...session, screen: artifact, fields };
}
