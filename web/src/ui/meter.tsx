import { useEffect, useRef } from "react";

const BARS = [0.55, 0.8, 1, 0.8, 0.55];
const DOT_PX = 6;
const FULL_PX = 32;
const QUIETEST_DB = -55;

/** Loudness as a share of the meter: -55 dBFS and below is nothing, 0 dBFS is all. */
function heightOf(level: number): number {
  const db = 20 * Math.log10(Math.max(level, 1e-5));
  return Math.min(1, Math.max(0, (db - QUIETEST_DB) / -QUIETEST_DB) * 1.25);
}

/** Five bars that follow a level; they are drawn past React, once a screen frame. */
export function Meter({ read, active }: { read: () => number; active: boolean }) {
  const bars = useRef<(HTMLSpanElement | null)[]>([]);

  useEffect(() => {
    let frame = 0;
    let shown = 0;
    const draw = () => {
      const target = heightOf(read());
      shown = Math.max(target, shown * 0.86);
      bars.current.forEach((bar, i) => {
        if (bar) bar.style.height = `${DOT_PX + (FULL_PX - DOT_PX) * shown * (BARS[i] ?? 1)}px`;
      });
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [read]);

  return (
    <span className={`flex h-8 items-center gap-1 transition-opacity ${active ? "" : "opacity-40"}`} aria-hidden="true">
      {BARS.map((_, i) => (
        <span
          key={i}
          ref={(bar) => {
            bars.current[i] = bar;
          }}
          className="h-1.5 w-1.5 rounded-full bg-current"
        />
      ))}
    </span>
  );
}
