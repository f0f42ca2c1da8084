import { useEffect, useRef } from "react";

import type { Caption } from "../call/session";
import { Empty, Panel } from "./panel";

const VOICES = {
  user: { name: "You", colour: "text-caller", bubble: "bg-caller-soft" },
  assistant: { name: "Assistant", colour: "text-bot", bubble: "bg-bot-soft" },
};

interface Props {
  captions: Caption[];
  /** What the caller is called: on the page of a call it is who reads. */
  caller?: string;
  empty?: string;
}

export function Captions({ captions, caller = VOICES.user.name, empty = "What you and the assistant say appears here as text." }: Props) {
  const list = useRef<HTMLOListElement>(null);
  const last = captions.at(-1);

  useEffect(() => {
    const box = list.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, [captions.length, last?.text]);

  return (
    <Panel title="Conversation">
      {captions.length === 0 && <Empty>{empty}</Empty>}
      {/* Half-heard words change too fast to be read out: only final ones are live. */}
      <ol
        ref={list}
        role="log"
        aria-label="Captions"
        aria-live="polite"
        aria-relevant="additions text"
        tabIndex={captions.length > 0 ? 0 : -1}
        className="flex max-h-112 flex-col gap-3 overflow-y-auto"
      >
        {captions.map((caption) => (
          <CaptionItem key={caption.id} caption={caption} name={caption.role === "user" ? caller : VOICES.assistant.name} />
        ))}
      </ol>
    </Panel>
  );
}

function CaptionItem({ caption, name }: { caption: Caption; name: string }) {
  const voice = VOICES[caption.role];
  return (
    <li
      aria-hidden={!caption.isFinal}
      data-final={caption.isFinal}
      className={`appear max-w-[88%] ${caption.role === "user" ? "self-end" : "self-start"}`}
    >
      <p className={`mb-1 text-xs font-medium ${voice.colour} ${caption.role === "user" ? "text-right" : ""}`}>{name}</p>
      <p
        className={`rounded-xl px-3.5 py-2.5 text-[0.9375rem] leading-relaxed break-words ${voice.bubble} ${caption.isFinal ? "" : "text-quiet"}`}
      >
        {caption.text}
        {!caption.isFinal && " …"}
        {caption.interrupted && <span className="text-quiet"> — interrupted</span>}
      </p>
    </li>
  );
}
