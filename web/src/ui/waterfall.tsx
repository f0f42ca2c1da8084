import { useState } from "react";

import type { Turn } from "../call/session";
import type { Bar, Row } from "../call/waterfall";
import { describeRow, formatMs, medianGapMs, rowsOf, SPAN_NAMES, spanLabel } from "../call/waterfall";
import { Empty, Panel } from "./panel";

const colourOf = (name: string) => (SPAN_NAMES.includes(name) ? `var(--span-${name})` : "var(--edge)");

/** One bar a turn; the last turn, or the one chosen, is taken apart below. */
export function Waterfall({ turns }: { turns: Turn[] }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const rows = rowsOf(turns);
  const open = rows.find(({ turn }) => turn === chosen) ?? rows.at(-1);
  const medianMs = medianGapMs(turns);
  return (
    <Panel title="Response time" aside={medianMs === null ? undefined : `median ${formatMs(medianMs)}`}>
      {open === undefined ? (
        <Empty>For each turn, from your last sound to the first sound of the answer: where the time went.</Empty>
      ) : (
        <>
          <ul className="-mx-2 flex max-h-56 flex-col overflow-y-auto" aria-label="Turns">
            {rows.map((row) => (
              <li key={row.turn}>
                <TurnRow row={row} open={row === open} onOpen={() => setChosen(row === rows.at(-1) ? null : row.turn)} />
              </li>
            ))}
          </ul>
          <Breakdown row={open} />
        </>
      )}
    </Panel>
  );
}

function TurnRow({ row, open, onOpen }: { row: Row; open: boolean; onOpen: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={open}
      aria-label={describeRow(row)}
      title={describeRow(row)}
      onClick={onOpen}
      className={`grid w-full grid-cols-[4rem_1fr_4rem] items-center gap-2 rounded-md px-2 py-1.5 text-left text-xs hover:bg-sunken ${open ? "bg-sunken" : ""}`}
    >
      <span className={open ? "font-medium" : "text-quiet"}>{row.title}</span>
      <span className="relative h-3 overflow-hidden rounded-sm">
        {row.bars.map((bar) => (
          <Segment key={bar.name} bar={bar} />
        ))}
      </span>
      <span className="text-right tabular-nums">{formatMs(row.totalMs)}</span>
    </button>
  );
}

function Segment({ bar }: { bar: Bar }) {
  return (
    <span
      title={`${bar.label}: ${formatMs(bar.tookMs)}`}
      className="absolute inset-y-0 min-w-0.5 rounded-xs"
      style={{ left: `${bar.leftPercent}%`, width: `${bar.widthPercent}%`, background: colourOf(bar.name) }}
    />
  );
}

function Breakdown({ row }: { row: Row }) {
  const scaleMs = Math.max(1, ...row.bars.map((bar) => bar.startMs + bar.tookMs));
  return (
    <div className="mt-3 border-t border-line pt-3">
      <h3 className="mb-2 text-xs text-quiet">{row.title}, step by step</h3>
      <dl className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1.5 text-xs">
        {row.bars.map((bar) => (
          <div key={bar.name} className="contents">
            <dt>{spanLabel(bar.name)}</dt>
            <dd className="relative h-2.5" aria-hidden="true">
              <span
                className="absolute inset-y-0 min-w-0.5 rounded-xs"
                style={{
                  left: `${(100 * Math.max(0, bar.startMs)) / scaleMs}%`,
                  width: `${(100 * bar.tookMs) / scaleMs}%`,
                  background: colourOf(bar.name),
                }}
              />
            </dd>
            <dd className="text-right tabular-nums">{formatMs(bar.tookMs)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
