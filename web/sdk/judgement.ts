/** When a call's sound changes its wire because of how well the one it has does: figures in, wishes out; no clock. */

/** What counts as bad, and how often, in one place. */
export const LIMITS = {
  /** Of the socket: round trips of `ping`, and how far they scatter. TCP hides losses; they show as delay. */
  socket: { rttMs: 250, jitterMs: 60 },
  /** Of the peer connection, as the server measures it. Worse than what sends a call there, so that it stays. */
  peer: { rttMs: 400, loss: 0.15, mos: 2.6 },
  /** So many bad figures one after the other; a good one starts the count anew. */
  breaches: 3,
  /** Who has wished for a peer connection, or has come back from one, rests so long; each return doubles it. */
  restMs: 30_000,
  longestRestMs: 480_000,
} as const;

export type Measured =
  | { of: "websocket"; rttMs: number; jitterMs: number }
  | { of: "webrtc"; rttMs: number | null; loss: number | null; mos: number | null };

export interface Judgement {
  wire: "websocket" | "webrtc";
  breaches: number;
  restMs: number;
  restUntilMs: number;
}

export const UNJUDGED: Judgement = { wire: "websocket", breaches: 0, restMs: LIMITS.restMs, restUntilMs: 0 };

export type Wish = "upgrade" | "downgrade" | null;

function isBad(measured: Measured): boolean {
  if (measured.of === "websocket") return measured.rttMs > LIMITS.socket.rttMs || measured.jitterMs > LIMITS.socket.jitterMs;
  const { rttMs, loss, mos } = LIMITS.peer;
  return (measured.rttMs ?? 0) > rttMs || (measured.loss ?? 0) > loss || (measured.mos ?? 5) < mos;
}

/** Take a figure; those of the wire that does not carry the sound say nothing. */
export function judge(judgement: Judgement, measured: Measured, nowMs: number): [Judgement, Wish] {
  if (measured.of !== judgement.wire) return [judgement, null];
  const breaches = isBad(measured) ? judgement.breaches + 1 : 0;
  if (breaches < LIMITS.breaches) return [{ ...judgement, breaches }, null];
  if (judgement.wire === "webrtc") return [{ ...judgement, breaches: 0 }, "downgrade"];
  if (nowMs < judgement.restUntilMs) return [{ ...judgement, breaches }, null];
  return [{ ...judgement, breaches: 0, restUntilMs: nowMs + judgement.restMs }, "upgrade"];
}

/** Note which wire carries the sound from now on; the way back to the socket is the one that makes it rest longer. */
export function moved(judgement: Judgement, wire: Judgement["wire"], nowMs: number): Judgement {
  if (wire === judgement.wire) return judgement;
  if (wire === "webrtc") return { ...judgement, wire, breaches: 0 };
  const restMs = Math.min(2 * judgement.restMs, LIMITS.longestRestMs);
  return { wire, breaches: 0, restMs, restUntilMs: nowMs + restMs };
}
