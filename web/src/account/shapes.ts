/** Bodies of `/auth` and `/v1`, as far as the dashboard shows them. Times are seconds since 1970. */

import type { JsonObject, Role } from "../../sdk/wire/pvp";
import type { Finding } from "./api";

export interface LoginMethods {
  mail: boolean;
  oauth: string[];
}

export interface Token {
  access_token: string;
}

export interface Key {
  key_id: string;
  key_prefix: string;
  label: string;
  created_at: number;
  revoked: boolean;
  scopes: string[];
  expires_at: number | null;
  last_used_at: number | null;
}

export interface KeyMade {
  key: string;
  label: string;
}

export interface FlowItem {
  id: string;
  name: string;
  created_at: number;
  updated_at: number;
  version: number;
}

export interface FlowDetail extends FlowItem {
  yaml_content: string;
}

export interface FlowKept extends FlowDetail {
  warnings: Finding[];
}

export interface Validation {
  valid: boolean;
  findings: Finding[];
}

export interface Version {
  version: number;
  created_at: number;
  note: string;
  size_bytes: number;
}

export interface SessionItem {
  id: string;
  token_prefix: string;
  flow_id: string | null;
  started_at: number | null;
  ended_at: number | null;
  duration_secs: number | null;
  status: "waiting" | "expired" | "live" | "ended";
}

export interface SessionTurn {
  turn: number;
  gap_ms: number | null;
  caller: string;
  bot: string;
  interrupted?: boolean;
  spans: { name: string; start_ms: number; end_ms: number }[];
}

export interface SessionDetail extends SessionItem {
  created_at: number;
  end_reason: string | null;
  variables: JsonObject | null;
  metadata: JsonObject;
  transcript: { role: Role; text: string }[];
  turns: SessionTurn[];
  usage: JsonObject[];
  cost_usd_cents: number | null;
  recording_url: string | null;
}

export interface Balance {
  balance_usd_cents: number;
  available_microcents: number;
  held_microcents: number;
  rate_per_minute_microcents: number;
}

export interface LedgerItem {
  id: string;
  kind: string;
  created_at: number;
  session_id: string | null;
  note: string | null;
  microcents: number;
}

export interface Package {
  id: string;
  name: string;
  price_usd: number;
  credits: number;
  description: string;
}

export interface Checkout {
  product_id: string;
  sandbox_params: { token: string; ctx: string } | null;
  plans: Record<string, string>;
}
