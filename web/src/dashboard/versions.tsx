import { useCallback, useState } from "react";

import type { Api } from "../account/api";
import { when } from "../account/format";
import type { FlowKept, Version } from "../account/shapes";
import { Button } from "../ui/button";
import { Panel } from "../ui/panel";
import { useLoaded } from "../ui/use_loaded";
import { Problem, Whole } from "./parts";
import { useDeed } from "./use_deed";

interface Props {
  api: Api;
  path: string;
  current: number;
  onRestored: () => void;
}

export function Versions({ api, path, current, onRestored }: Props) {
  const deed = useDeed();
  const load = useCallback(() => api.get<Version[]>(`${path}/versions`), [api, path]);
  const [versions, reload] = useLoaded(load);
  const [open, setOpen] = useState<number | null>(null);
  const restore = (version: number) =>
    deed.run(async () => {
      await api.post<FlowKept>(`${path}/versions/${version}/restore`);
      onRestored();
    });
  return (
    <Panel title="Versions">
      <Problem text={deed.problem} />
      <Whole loaded={versions} reload={reload}>
        {(all) => (
          <ul className="divide-y divide-line">
            {all.map(({ version, created_at, note, size_bytes }) => (
              <li key={version} className="py-2.5">
                <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
                  <p className="min-w-0 flex-1 basis-48 text-sm">
                    <span className="font-medium">Version {version}</span>
                    {version === current && <span className="text-quiet"> · current</span>}
                    <span className="mt-0.5 block text-xs break-words text-quiet tabular-nums">
                      {when(created_at)} · {size_bytes} bytes{note && ` · ${note}`}
                    </span>
                  </p>
                  {version > 1 && (
                    <Button look="bare" aria-expanded={open === version} onClick={() => setOpen(open === version ? null : version)}>
                      Changes
                    </Button>
                  )}
                  {version !== current && (
                    <Button disabled={deed.busy} aria-label={`Restore version ${version}`} onClick={() => restore(version)}>
                      Restore
                    </Button>
                  )}
                </div>
                {open === version && <Diff api={api} path={`${path}/versions/${version}/diff`} />}
              </li>
            ))}
          </ul>
        )}
      </Whole>
    </Panel>
  );
}

function Diff({ api, path }: { api: Api; path: string }) {
  const load = useCallback(() => api.get<{ diff: string }>(path), [api, path]);
  const [diff, reload] = useLoaded(load);
  return (
    <Whole loaded={diff} reload={reload}>
      {({ diff: text }) => (
        <pre tabIndex={0} aria-label="What changed" className="mt-2 overflow-x-auto rounded-lg bg-sunken p-3 font-mono text-xs leading-5">
          {text === ""
            ? "Nothing changed."
            : text.split("\n").map((line, i) => (
                <span key={i} className={`block ${line.startsWith("+") ? "text-good" : line.startsWith("-") ? "text-bad" : ""}`}>
                  {line || " "}
                </span>
              ))}
        </pre>
      )}
    </Whole>
  );
}
