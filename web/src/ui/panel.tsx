import type { ReactNode } from "react";
import { useId } from "react";

interface PanelProps {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}

/** A titled region of the page. */
export function Panel({ title, aside, children }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-xl border border-line bg-surface">
      <header className="flex min-h-12 items-center justify-between gap-3 px-4 pt-1 sm:px-5">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {aside !== undefined && <div className="text-xs text-quiet">{aside}</div>}
      </header>
      <div className="px-4 pb-4 sm:px-5 sm:pb-5">{children}</div>
    </section>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="text-sm leading-relaxed text-quiet">{children}</p>;
}
