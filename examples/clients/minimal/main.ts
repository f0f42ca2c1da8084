/** The smallest page that talks to an Antiphon server: a button, captions, a level, a choice of microphones. */

import { listDevices } from "../../../web/sdk/audio/devices";
import { VoiceCall } from "../../../web/sdk/voice_call";

const find = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const button = find<HTMLButtonElement>("talk");
const state = find<HTMLOutputElement>("state");
const microphones = find<HTMLSelectElement>("microphone");
const captions = new Map<string, HTMLLIElement>();

let call: VoiceCall | null = null;

function show(id: string, text: string): void {
  const line = captions.get(id) ?? find<HTMLUListElement>("captions").appendChild(document.createElement("li"));
  line.textContent = text;
  captions.set(id, line);
}

function over(why: string): void {
  state.value = why;
  button.textContent = "Talk";
  call = null;
}

async function talk(): Promise<void> {
  const url = new URL("/ws?mode=flow&program_id=survey", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  call = new VoiceCall(
    { url, webrtc: "at_once", resumeMs: 30_000 },
    {
      opened: () => (state.value = "connected"),
      message: (message) => {
        if (message.type === "transcript") show(message.id, `${message.role}: ${message.text}`);
        if (message.type === "error") state.value = message.message;
      },
      roundTrip: () => undefined,
      wire: (wire) => (state.value = `connected over ${wire}`),
      closed: (code) => over(`over (${code})`),
      noSound: (reason) => over(`no microphone: ${reason}`),
    },
  );
  await call.start();
  const { microphones: found } = await listDevices();
  microphones.replaceChildren(...found.map(({ id, label }) => new Option(label, id)));
}

button.onclick = () => {
  if (call) {
    call.hangUp();
    over("over");
  } else {
    button.textContent = "Hang up";
    void talk();
  }
};
microphones.onchange = () => void call?.useMicrophone(microphones.value);
window.setInterval(() => (find<HTMLMeterElement>("level").value = call?.levels().microphone ?? 0), 50);
