/** Small pieces that all views are made of. */

import type { ComponentProps, ReactNode } from "react";
import { useEffect, useId, useState } from "react";

import type { Finding } from "../account/api";
import { Button } from "../ui/button";
import { Empty } from "../ui/panel";
import type { Loaded } from "../ui/use_loaded";

export const CONTROL = "min-h-11 w-full rounded-lg border border-edge bg-surface px-3 py-2 text-[0.9375rem]";

type TextFieldProps = Omit<ComponentProps<"input">, "onChange"> & { label: string; hint?: string; onChange: (value: string) => void };

export function TextField({ label, hint, onChange, ...rest }: TextFieldProps) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className={CONTROL}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-quiet">
          {hint}
        </p>
      )}
    </div>
  );
}

/** What went wrong; read out when it appears. */
export function Problem({ text }: { text: string | null }) {
  return (
    <p role="alert" className="text-sm break-words text-bad empty:hidden">
      {text}
    </p>
  );
}

/** What a check of a flow found, worst first as the server sends it. */
export function Findings({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul aria-label="Findings" className="flex flex-col gap-2 text-sm">
      {findings.map(({ line, column, severity, code, message }) => (
        <li key={`${line}:${column}:${code}:${message}`} className={`rounded-lg p-3 ${severity === "error" ? "bg-bad-soft" : "bg-sunken"}`}>
          <p className="leading-relaxed break-words">
            <span className={severity === "error" ? "font-semibold text-bad" : "font-semibold"}>
              Line {line}, column {column}:
            </span>{" "}
            {message}
          </p>
          <p className="mt-0.5 font-mono text-xs break-words text-quiet">{code}</p>
        </li>
      ))}
    </ul>
  );
}

/** Show what was loaded, or say why it is not there. */
export function Whole<T>({ loaded, reload, children }: { loaded: Loaded<T>; reload: () => void; children: (value: T) => ReactNode }) {
  if (loaded.is === "loading") return <Empty>Loading…</Empty>;
  if (loaded.is === "failed") {
    return (
      <div className="flex flex-col items-start gap-3">
        <Problem text={loaded.reason} />
        <Button onClick={reload}>Try again</Button>
      </div>
    );
  }
  return children(loaded.value);
}

/** A button for what cannot be undone: the first press asks, the second does it. */
export function SureButton({ ask, sure, onSure, disabled }: { ask: string; sure: string; onSure: () => void; disabled?: boolean }) {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!asked) return undefined;
    const timer = setTimeout(() => setAsked(false), 5000);
    return () => clearTimeout(timer);
  }, [asked]);
  return (
    <Button
      look={asked ? "danger" : "plain"}
      disabled={disabled}
      onClick={() => {
        setAsked(!asked);
        if (asked) onSure();
      }}
      onBlur={() => setAsked(false)}
    >
      {asked ? sure : ask}
    </Button>
  );
}

/** Names and values, side by side where there is room. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-3 lg:grid-cols-4">
      {facts.map(([name, value]) => (
        <div key={name} className="min-w-0">
          <dt className="text-xs text-quiet">{name}</dt>
          <dd className="mt-0.5 text-sm font-medium break-words tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Title({ children, back }: { children: ReactNode; back?: { href: string; to: string } }) {
  return (
    <div>
      {back && (
        <a href={back.href} className="mb-1 inline-block text-sm text-bot hover:underline">
          ← {back.to}
        </a>
      )}
      <h1 className="text-xl font-semibold tracking-tight break-words">{children}</h1>
    </div>
  );
}
