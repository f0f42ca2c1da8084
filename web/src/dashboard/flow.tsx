import { useCallback, useState } from "react";

import type { Api, Finding } from "../account/api";
import { when } from "../account/format";
import type { FlowDetail, FlowKept, Validation } from "../account/shapes";
import { Button } from "../ui/button";
import { Panel } from "../ui/panel";
import { useLoaded } from "../ui/use_loaded";
import { Facts, Findings, Problem, SureButton, TextField, Title, Whole } from "./parts";
import { useDeed } from "./use_deed";
import { Versions } from "./versions";
import { YamlField } from "./yaml_field";

export function FlowPage({ api, id }: { api: Api; id: string }) {
  const path = `v1/flows/${encodeURIComponent(id)}`;
  const load = useCallback(() => api.get<FlowDetail>(path), [api, path]);
  const [flow, reload] = useLoaded(load);
  return (
    <>
      <Title back={{ href: "#/flows", to: "All flows" }}>{flow.is === "ready" ? flow.value.name : "Flow"}</Title>
      <Whole loaded={flow} reload={reload}>
        {(found) => (
          <>
            <Editor key={found.version} api={api} path={path} flow={found} onKept={reload} />
            <Versions key={`${found.version} versions`} api={api} path={path} current={found.version} onRestored={reload} />
          </>
        )}
      </Whole>
    </>
  );
}

function Editor({ api, path, flow, onKept }: { api: Api; path: string; flow: FlowDetail; onKept: () => void }) {
  const deed = useDeed();
  const [name, setName] = useState(flow.name);
  const [yaml, setYaml] = useState(flow.yaml_content);
  const [checked, setChecked] = useState<Finding[] | null>(null);
  const changed = name.trim() !== flow.name || yaml !== flow.yaml_content;

  const check = () =>
    deed.run(async () => setChecked((await api.post<Validation>("v1/flows/validate", { yaml_content: yaml })).findings));
  const save = () =>
    deed.run(async () => {
      setChecked(null);
      await api.patch<FlowKept>(path, { name: name.trim(), ...(yaml !== flow.yaml_content && { yaml_content: yaml }) });
      onKept();
    });
  const remove = () =>
    deed.run(async () => {
      await api.run("DELETE", path);
      location.hash = "#/flows";
    });

  return (
    <Panel title="Document" aside={`version ${flow.version}`}>
      <div className="flex flex-col gap-4">
        <Facts
          facts={[
            ["Id, for sessions", <code className="font-mono text-xs select-all">{flow.id}</code>],
            ["Made", when(flow.created_at)],
            ["Changed", when(flow.updated_at)],
          ]}
        />
        <TextField label="Name" maxLength={200} autoComplete="off" value={name} onChange={setName} />
        <YamlField rows={18} value={yaml} onChange={setYaml} />
        <Problem text={deed.findings.length > 0 ? "This flow cannot run yet:" : deed.problem} />
        <Findings findings={deed.findings.length > 0 ? deed.findings : (checked ?? [])} />
        <p role="status" className="text-sm text-good empty:hidden">
          {checked?.length === 0 && "The check found nothing to complain of."}
        </p>
        <div className="flex flex-wrap gap-2">
          <Button look="primary" disabled={deed.busy || !changed || name.trim() === ""} onClick={save}>
            Save
          </Button>
          <Button disabled={deed.busy} onClick={check}>
            Check
          </Button>
          <span className="flex-1" />
          <SureButton ask="Delete" sure="Delete it for good" disabled={deed.busy} onSure={remove} />
        </div>
      </div>
    </Panel>
  );
}
