import type { JsonObject } from "../../sdk/wire/pvp";
import { VoiceCall } from "../../sdk/voice_call";
import { noticeForAudio } from "./notice";
import type { SessionAction } from "./session";

function socketUrl(flow: string): URL {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = new URLSearchParams({ mode: "flow", program_id: flow }).toString();
  return url;
}

/** `?wire=websocket` in the page's address keeps a call off WebRTC. */
function whenWebRtc(): "at_once" | "never" {
  return new URLSearchParams(window.location.search).get("wire") === "websocket" ? "never" : "at_once";
}

const RESUME_MS = 30_000;

/** One call of the page: what happens goes to `dispatch`. */
export class Call {
  private voice: VoiceCall | null = null;
  private over = false;

  constructor(private readonly dispatch: (action: SessionAction) => void) {}

  async start(flow: string): Promise<void> {
    this.dispatch({ do: "dial", flow });
    const options = { url: socketUrl(flow), webrtc: whenWebRtc(), resumeMs: RESUME_MS };
    this.voice = new VoiceCall(options, {
      opened: () => this.dispatch({ do: "opened" }),
      message: (message) => this.dispatch({ do: "message", message }),
      roundTrip: (medianMs) => this.dispatch({ do: "round_trip", medianMs }),
      wire: (wire) => this.dispatch({ do: "wire", wire }),
      closed: (code, opened) => {
        this.over = true;
        this.dispatch({ do: "closed", code, opened });
      },
      noSound: (reason) => {
        this.over = true;
        this.dispatch({ do: "failed", notice: noticeForAudio(reason) });
      },
    });
    await this.voice.start();
  }

  sendEvent(action: string, data?: JsonObject): void {
    this.voice?.sendEvent(action, data);
  }

  press(keys: string): void {
    this.voice?.press(keys);
  }

  setMuted(muted: boolean): void {
    this.voice?.setMuted(muted);
    this.dispatch({ do: "muted", muted });
  }

  async useMicrophone(deviceId: string): Promise<void> {
    await this.voice?.useMicrophone(deviceId);
  }

  async useSpeaker(deviceId: string): Promise<void> {
    await this.voice?.useSpeaker(deviceId);
  }

  hangUp(): void {
    if (this.over) return;
    this.over = true;
    this.dispatch({ do: "hung_up" });
    this.voice?.hangUp();
  }

  levels(): { microphone: number; speaker: number } {
    return this.voice?.levels() ?? { microphone: 0, speaker: 0 };
  }
}
