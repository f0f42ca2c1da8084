/** Written by `python -m transports.pvp.typescript`; the originals are in `transports/pvp/messages.py`. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** What the client sends. */
export type ClientWire =
  | { type: "ping"; ts?: Json }
  | { type: "config"; sample_rate?: Json; channels?: Json }
  | { type: "ui_event"; action: string; data?: JsonObject; flow_id?: string | null }
  | { type: "dtmf"; digits: string }
  | { type: "upgrade-offer"; sdp?: string; sdp_type?: string }
  | { type: "upgrade-ice"; candidates?: JsonObject[] }
  | { type: "upgrade-complete" }
  | { type: "downgrade" };

/** What the server sends; those that last are numbered. */
export type ServerWire =
  | { type: "config"; call_id: string; audio_sample_rate: number; audio_channels?: number; audio_encoding?: string; pvp_version?: string; resume_token?: string | null; seq?: number }
  | { type: "status"; status: "idle" | "listening" | "speaking" | "ended"; seq?: number }
  | { type: "transcript"; id: string; role: "user" | "assistant"; text: string; is_final?: boolean; interrupted?: boolean; seq?: number }
  | { type: "flow_state"; flow_id: string; state: string; artifact: JsonObject | null; variables: JsonObject; available_actions?: string[]; prompt?: string | null; progress?: { current: number; total: number } | null; seq?: number }
  | { type: "artifact"; id: string; artifact_type: string; [key: string]: Json }
  | { type: "flow_variable"; flow_id: string; key: string; value: Json; seq?: number }
  | { type: "transition_blocked"; flow_id: string; from_state: string; attempted_target: string; reason: string; detail: string; variables?: JsonObject; seq?: number }
  | { type: "flow_end"; flow_id: string; reason: string; variables?: JsonObject; seq?: number }
  | { type: "interrupted"; generation: number; id?: string | null; seq?: number }
  | { type: "waterfall"; turn: number; gap_ms: number | null; spans?: ({ name: string; start_ms: number; end_ms: number })[]; saved_ms?: number | null; reasons?: string[]; speculated?: boolean; seq?: number }
  | { type: "pong"; ts: Json; server_ts: number; seq?: number }
  | { type: "error"; message: string; code: string; findings?: JsonObject[]; seq?: number }
  | { type: "quality"; wire: string; jitter_ms?: number | null; loss?: number | null; rtt_ms?: number | null; mos?: number | null; seq?: number }
  | { type: "upgrade-answer"; sdp: string; pc_id: string; sdp_type?: string; seq?: number }
  | { type: "upgrade-ready"; seq?: number }
  | { type: "switch-now"; seq?: number }
  | { type: "upgrade-failed"; reason?: string; seq?: number }
  | { type: "downgrade-complete"; seq?: number };
