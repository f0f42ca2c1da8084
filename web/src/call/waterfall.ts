/** Where the time of each turn went, made ready to draw. */

import { median } from "../../sdk/wire/latency";
import type { Turn } from "./session";

export interface Bar {
  name: string;
  label: string;
  leftPercent: number;
  widthPercent: number;
  tookMs: number;
  startMs: number;
}

export interface Row {
  turn: number;
  title: string;
  totalMs: number;
  bars: Bar[];
}

const LABELS: Record<string, string> = {
  endpoint: "Silence noticed",
  stt: "Speech to text",
  end_of_turn: "End of turn",
  flow: "Flow",
  llm_first_token: "Model, first token",
  first_sentence: "First sentence",
  tts: "Text to speech",
  playout: "Playout",
};

export const SPAN_NAMES = Object.keys(LABELS);

export function spanLabel(name: string): string {
  return LABELS[name] ?? name.replaceAll("_", " ");
}

/** A turn as text, for hover and for screen readers. */
export function describeRow(row: Row): string {
  const parts = row.bars.map((bar) => `${bar.label} ${formatMs(bar.tookMs)}`);
  return `${row.title}: ${formatMs(row.totalMs)} in all. ${parts.join(", ")}.`;
}

export function formatMs(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms)} ms`;
}

/** All turns on one common scale, so that their bars can be compared. */
export function rowsOf(turns: readonly Turn[]): Row[] {
  const totals = turns.map(totalOf);
  const scaleMs = Math.max(1, ...totals);
  return turns.map((turn, i) => ({
    turn: turn.turn,
    title: turn.gapMs === null && turn.turn === 0 ? "Greeting" : `Turn ${turn.turn}`,
    totalMs: totals[i] ?? 0,
    bars: turn.spans.map((span) => ({
      name: span.name,
      label: spanLabel(span.name),
      leftPercent: (100 * Math.max(0, span.startMs)) / scaleMs,
      widthPercent: (100 * Math.max(0, span.endMs - Math.max(0, span.startMs))) / scaleMs,
      tookMs: Math.max(0, span.endMs - span.startMs),
      startMs: span.startMs,
    })),
  }));
}

function totalOf(turn: Turn): number {
  return turn.gapMs ?? Math.max(0, ...turn.spans.map((span) => span.endMs));
}

/** Median answer time over the turns that answered somebody. */
export function medianGapMs(turns: readonly Turn[]): number | null {
  return median(turns.flatMap(({ gapMs }) => (gapMs === null ? [] : [gapMs])));
}
