import type { FlowSummary } from "../flow/api";
import { FlowPicker } from "./flow_picker";
import { MicrophoneIcon } from "./icons";
import type { Loaded } from "./use_loaded";

interface Props {
  flows: Loaded<FlowSummary[]>;
  chosen: string | null;
  onChoose: (name: string) => void;
  onReload: () => void;
  onTalk: () => void;
}

export function Start({ flows, chosen, onChoose, onReload, onTalk }: Props) {
  return (
    <section aria-label="Start a call" className="rounded-xl border border-line bg-surface p-4 sm:p-5">
      <h1 className="text-xl font-semibold tracking-tight">Talk to a flow</h1>
      <p className="mt-1 mb-5 text-sm text-quiet">Pick one, press Talk and answer when it greets you. You can interrupt it at any time.</p>
      <FlowPicker flows={flows} chosen={chosen} onChoose={onChoose} onReload={onReload} />
      <div className="mt-6 flex flex-wrap items-center gap-x-5 gap-y-3">
        <button
          type="button"
          disabled={chosen === null}
          onClick={onTalk}
          className="inline-flex min-h-14 items-center justify-center gap-2.5 rounded-full bg-bot px-9 text-lg font-semibold text-on-bot transition-colors hover:bg-bot-strong disabled:opacity-50 max-sm:w-full"
        >
          <MicrophoneIcon />
          Talk
        </button>
        <p className="text-sm text-quiet">The microphone is open only during the call.</p>
      </div>
      {chosen !== null && (
        <p className="mt-5 border-t border-line pt-4 text-sm leading-relaxed text-quiet">
          The same call from a terminal:{" "}
          <code className="font-mono text-[0.8125rem] break-words text-ink select-all">{`antiphon call --flow ${chosen} --say "Hello"`}</code>
        </p>
      )}
    </section>
  );
}
