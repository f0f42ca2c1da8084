import type { ChangeEvent } from "react";
import { useId } from "react";

import { CONTROL } from "./parts";

interface Props {
  value: string;
  onChange: (text: string) => void;
  onFile?: (name: string) => void;
  rows?: number;
}

/** A flow's document, typed or from a file. */
export function YamlField({ value, onChange, onFile, rows = 10 }: Props) {
  const id = useId();
  const pick = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    if (!file) return;
    void file.text().then(onChange);
    onFile?.(file.name);
    event.target.value = "";
  };
  return (
    <div className="min-w-0">
      <div className="mb-1 flex flex-wrap items-end justify-between gap-2">
        <label htmlFor={id} className="text-sm font-medium">
          Document (YAML)
        </label>
        <label className="inline-flex min-h-9 cursor-pointer items-center rounded-lg border border-line px-3 text-sm font-medium hover:bg-sunken has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-bot">
          From a file…
          <input type="file" accept=".yaml,.yml,text/yaml" className="sr-only" onChange={pick} />
        </label>
      </div>
      <textarea
        id={id}
        rows={rows}
        required
        spellCheck={false}
        wrap="off"
        className={`${CONTROL} font-mono text-[0.8125rem] leading-5`}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
