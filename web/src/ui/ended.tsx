import { useState } from "react";

import { humanise } from "../call/screen";
import type { Session } from "../call/session";
import { type CallFile, fetchCallFile } from "../flow/api";
import { Button } from "./button";
import { DownloadIcon, MicrophoneIcon } from "./icons";

interface Props {
  session: Session;
  title: string;
  onAgain: () => void;
  onOther: () => void;
}

/** After the call: what it came to, its recording and timeline, and the next one. */
export function Ended({ session, title, onAgain, onOther }: Props) {
  return (
    <section aria-label="Call ended" className="rounded-xl border border-line bg-surface p-4 sm:p-5">
      <h1 className="text-base font-semibold">{title}</h1>
      <p role="status" className="mt-1 text-sm text-quiet">
        Call ended{session.endReason ? `: ${humanise(session.endReason).toLowerCase()}` : ""}.
      </p>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button look="primary" className="max-sm:w-full" autoFocus onClick={onAgain}>
          <MicrophoneIcon />
          Talk again
        </Button>
        {session.callId && <CallFiles callId={session.callId} />}
        <Button look="bare" className="max-sm:flex-1" onClick={onOther}>
          Choose another flow
        </Button>
      </div>
    </section>
  );
}

const FILES: Record<CallFile, { label: string; saved: string; hint?: string }> = {
  "recording.wav": { label: "recording", saved: "wav" },
  "trace.json": { label: "timeline", saved: "trace.json", hint: "For Perfetto: open the file in ui.perfetto.dev" },
};

function CallFiles({ callId }: { callId: string }) {
  const [loading, setLoading] = useState<CallFile | null>(null);
  const [missing, setMissing] = useState<CallFile | null>(null);
  const download = async (file: CallFile) => {
    setLoading(file);
    const content = await fetchCallFile(callId, file).catch(() => null);
    setLoading(null);
    setMissing(content ? null : file);
    if (content) saveAs(content, `call-${callId}.${FILES[file].saved}`);
  };
  return (
    <>
      {(["recording.wav", "trace.json"] as const).map((file) => (
        <Button
          key={file}
          className="max-sm:flex-1"
          title={FILES[file].hint}
          disabled={loading !== null}
          onClick={() => void download(file)}
        >
          <DownloadIcon />
          Download {FILES[file].label}
        </Button>
      ))}
      <p role="status" className="basis-full text-sm text-quiet empty:hidden">
        {missing ? `The server has no ${FILES[missing].label} of this call.` : ""}
      </p>
    </>
  );
}

function saveAs(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
