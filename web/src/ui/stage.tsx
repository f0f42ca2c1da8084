import { useCallback, useEffect, useId, useRef, useState } from "react";

import type { Session } from "../call/session";
import { Button } from "./button";
import { DeviceChoice } from "./device_choice";
import { EndIcon, KeypadIcon, MicrophoneIcon, MutedIcon } from "./icons";
import { Keypad } from "./keypad";
import { Meter } from "./meter";
import type { CallHandle } from "./use_call";

/** What is going on, in two or three words. */
export function phaseText(session: Session): string {
  if (session.phase === "connecting") return "Connecting…";
  if (session.phase !== "live") return "";
  if (session.status === "speaking") return "Assistant is speaking";
  return session.muted ? "You are muted" : "Listening";
}

function useSeconds(running: boolean): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (!running) return undefined;
    const startedMs = performance.now();
    setSeconds(0);
    const timer = window.setInterval(() => setSeconds(Math.floor((performance.now() - startedMs) / 1000)), 500);
    return () => window.clearInterval(timer);
  }, [running]);
  return seconds;
}

function clockText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

interface VoiceProps {
  name: string;
  colour: string;
  open: boolean;
  hasTurn: boolean;
  read: () => number;
}

function Voice({ name, colour, open, hasTurn, read }: VoiceProps) {
  return (
    <div className={`flex items-center gap-3 ${colour}`}>
      <Meter read={read} active={open} />
      <span className={`text-sm ${hasTurn ? "font-semibold" : "text-quiet"}`}>{name}</span>
    </div>
  );
}

/** The running call: who speaks, how loud, and the controls. */
export function Stage({ call, title }: { call: CallHandle; title: string }) {
  const { session, levels } = call;
  const live = session.phase === "live";
  const speaking = session.status === "speaking";
  const seconds = useSeconds(live);
  const [keysShown, setKeysShown] = useState(false);
  const keypad = useId();
  const mute = useRef<HTMLButtonElement>(null);
  const readMicrophone = useCallback(() => levels().microphone, [levels]);
  const readSpeaker = useCallback(() => levels().speaker, [levels]);

  // The Talk button is gone now; a second Enter must not end the call.
  useEffect(() => mute.current?.focus({ preventScroll: true }), []);

  return (
    <section aria-label="Call" className="rounded-xl border border-line bg-surface p-4 sm:p-5">
      <div className="flex items-baseline justify-between gap-4">
        <h1 className="min-w-0 text-base font-semibold break-words">{title}</h1>
        <p className="text-sm text-quiet tabular-nums">
          <span className="sr-only">Length of the call: </span>
          {clockText(seconds)}
        </p>
      </div>
      <p role="status" className="mt-1 min-h-5 text-sm text-quiet">
        {phaseText(session)}
      </p>
      <Progress session={session} />
      <div className="mt-4 flex flex-wrap items-center justify-between gap-x-8 gap-y-4">
        <div className="flex items-center gap-8">
          <Voice name="You" colour="text-caller" open={live && !session.muted} hasTurn={live && !speaking && !session.muted} read={readMicrophone} />
          <Voice name="Assistant" colour="text-bot" open={live && speaking} hasTurn={live && speaking} read={readSpeaker} />
        </div>
        <div className="flex gap-2 max-sm:w-full">
          <Button
            ref={mute}
            className="whitespace-nowrap max-sm:flex-1 max-sm:px-2"
            aria-pressed={session.muted}
            onClick={() => call.setMuted(!session.muted)}
            disabled={!live}
          >
            {session.muted ? <MutedIcon /> : <MicrophoneIcon />}
            {session.muted ? "Unmute" : "Mute"}
          </Button>
          <Button
            className="whitespace-nowrap max-sm:flex-1 max-sm:px-2"
            aria-expanded={keysShown}
            aria-controls={keypad}
            onClick={() => setKeysShown(!keysShown)}
            disabled={!live}
          >
            <KeypadIcon />
            Keys
          </Button>
          <Button look="danger" className="whitespace-nowrap max-sm:flex-1 max-sm:px-2" onClick={call.hangUp}>
            <EndIcon />
            End call
          </Button>
        </div>
      </div>
      {live && keysShown && <Keypad id={keypad} onPress={call.press} />}
      {live && <DeviceChoice onMicrophone={call.chooseMicrophone} onSpeaker={call.chooseSpeaker} />}
    </section>
  );
}

function Progress({ session }: { session: Session }) {
  const { progress } = session;
  if (progress === null || progress.total <= 0) return null;
  return (
    <progress
      className="mt-3 block h-1 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-bot [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-bot"
      aria-label={`Step ${progress.current} of ${progress.total}`}
      value={progress.current}
      max={progress.total}
    />
  );
}
