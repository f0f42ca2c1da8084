import type { FormEvent } from "react";
import { useCallback, useState } from "react";

import type { Api } from "../account/api";
import { when } from "../account/format";
import type { FlowItem, FlowKept } from "../account/shapes";
import { Button } from "../ui/button";
import { Empty, Panel } from "../ui/panel";
import { useLoaded } from "../ui/use_loaded";
import { Findings, Problem, TextField, Title, Whole } from "./parts";
import { useDeed } from "./use_deed";
import { YamlField } from "./yaml_field";

export function Flows({ api }: { api: Api }) {
  const load = useCallback(() => api.get<FlowItem[]>("v1/flows"), [api]);
  const [flows, reload] = useLoaded(load);
  return (
    <>
      <Title>Flows</Title>
      <Panel title="Your flows">
        <Whole loaded={flows} reload={reload}>
          {(all) => (all.length === 0 ? <Empty>No flows yet. Upload one below.</Empty> : <FlowList flows={all} />)}
        </Whole>
      </Panel>
      <Panel title="Upload a flow">
        <Upload api={api} />
      </Panel>
    </>
  );
}

function FlowList({ flows }: { flows: FlowItem[] }) {
  return (
    <ul className="-mx-2 divide-y divide-line">
      {flows.map(({ id, name, version, updated_at }) => (
        <li key={id}>
          <a href={`#/flows/${encodeURIComponent(id)}`} className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 rounded-lg px-2 py-3 hover:bg-sunken">
            <span className="min-w-0 flex-1 basis-48 text-sm font-medium break-words">{name}</span>
            <span className="text-xs text-quiet tabular-nums">
              version {version} · {when(updated_at)}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Upload({ api }: { api: Api }) {
  const deed = useDeed();
  const [name, setName] = useState("");
  const [yaml, setYaml] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    deed.run(async () => {
      const kept = await api.post<FlowKept>("v1/flows", { name: name.trim(), yaml_content: yaml });
      location.hash = `#/flows/${encodeURIComponent(kept.id)}`;
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField label="Name" required maxLength={200} autoComplete="off" value={name} onChange={setName} />
      <YamlField
        value={yaml}
        onChange={setYaml}
        onFile={(file) => {
          if (name === "") setName(file.replace(/\.ya?ml$/i, ""));
        }}
      />
      <Problem text={deed.findings.length > 0 ? "This flow cannot run yet:" : deed.problem} />
      <Findings findings={deed.findings} />
      <Button type="submit" look="primary" className="self-start" disabled={deed.busy}>
        Check and upload
      </Button>
    </form>
  );
}
