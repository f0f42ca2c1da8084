import { useState } from "react";

import { humanise } from "../call/screen";
import type { Session } from "../call/session";
import { fetchRecording } from "../flow/api";
import { Button } from "./button";
import { DownloadIcon, MicrophoneIcon } from "./icons";

interface Props {
  session: Session;
  title: string;
  onAgain: () => void;
  onOther: () => void;
}

/** After the call: what it came to, its recording, and the next one. */
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
        {session.callId && <Recording callId={session.callId} />}
        <Button look="bare" className="max-sm:flex-1" onClick={onOther}>
          Choose another flow
        </Button>
      </div>
    </section>
  );
}

function Recording({ callId }: { callId: string }) {
  const [state, setState] = useState<"ready" | "loading" | "missing">("ready");
  const download = async () => {
    setState("loading");
    const wav = await fetchRecording(callId).catch(() => null);
    setState(wav ? "ready" : "missing");
    if (wav) saveAs(wav, `call-${callId}.wav`);
  };
  return (
    <>
      <Button className="max-sm:flex-1" disabled={state === "loading"} onClick={() => void download()}>
        <DownloadIcon />
        Download recording
      </Button>
      <p role="status" className="basis-full text-sm text-quiet empty:hidden">
        {state === "missing" ? "The server has no recording of this call." : ""}
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
