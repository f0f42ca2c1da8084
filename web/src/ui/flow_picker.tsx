import type { FlowSummary } from "../flow/api";
import { Button } from "./button";
import { Empty } from "./panel";
import type { Loaded } from "./use_loaded";

interface Props {
  flows: Loaded<FlowSummary[]>;
  chosen: string | null;
  onChoose: (name: string) => void;
  onReload: () => void;
}

export function FlowPicker({ flows, chosen, onChoose, onReload }: Props) {
  if (flows.is === "loading") return <Empty>Loading the flows…</Empty>;
  if (flows.is === "failed") {
    return (
      <div className="flex flex-col items-start gap-3">
        <Empty>The server did not answer. Is it running?</Empty>
        <Button onClick={onReload}>Try again</Button>
      </div>
    );
  }
  if (flows.value.length === 0) {
    return (
      <Empty>
        This server has no flows yet. Put a <code className="font-mono">.yaml</code> file into its flows folder and reload
        the page.
      </Empty>
    );
  }
  return (
    <fieldset>
      <legend className="sr-only">Flow to talk to</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {flows.value.map((flow) => (
          <FlowCard key={flow.name} flow={flow} checked={flow.name === chosen} onChoose={onChoose} />
        ))}
      </div>
    </fieldset>
  );
}

function FlowCard({ flow, checked, onChoose }: { flow: FlowSummary; checked: boolean; onChoose: (name: string) => void }) {
  return (
    <label className="flex min-h-14 items-start gap-3 rounded-lg border border-line p-3 transition-colors hover:bg-sunken has-checked:border-bot has-checked:bg-bot-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-bot">
      <input
        type="radio"
        name="flow"
        className="mt-0.5 size-4 shrink-0 outline-none"
        checked={checked}
        onChange={() => onChoose(flow.name)}
      />
      <span className="min-w-0">
        <span className="block text-sm font-medium">{flow.title}</span>
        {flow.description && <span className="mt-0.5 block text-sm leading-snug text-quiet">{flow.description}</span>}
        {flow.broken && <span className="mt-0.5 block text-sm leading-snug text-bad">Does not pass the check</span>}
      </span>
    </label>
  );
}
