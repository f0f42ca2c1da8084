import type { CallAudio } from "../audio/call_audio";
import { AudioError, openCallAudio } from "../audio/call_audio";
import { WIRE_RATE_HZ } from "../audio/framer";
import { PING_EVERY_MS, RoundTrips } from "../wire/latency";
import type { ClientMessage, JsonObject, ServerMessage } from "../wire/pvp";
import { parseMessage } from "../wire/pvp";
import { noticeForAudio } from "./notice";
import type { SessionAction } from "./session";

/** One second of microphone sound; more unsent than this is dropped, for old sound only delays the turn. */
const MAX_UNSENT_BYTES = 2 * WIRE_RATE_HZ;
/** After these the server keeps the socket open, but the call is over. */
const FATAL = new Set(["flow.not_found", "flow.invalid", "flow.check_failed"]);

function socketUrl(flow: string): URL {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = new URLSearchParams({ mode: "flow", program_id: flow }).toString();
  return url;
}

/** One call: socket, sound and pings. What happens goes to `dispatch`. */
export class Call {
  private socket: WebSocket | null = null;
  private audio: CallAudio | null = null;
  private opened = false;
  private over = false;
  private pings: number | undefined;
  private readonly roundTrips = new RoundTrips();

  constructor(private readonly dispatch: (action: SessionAction) => void) {}

  /** Ask for the microphone, then connect. */
  async start(flow: string): Promise<void> {
    this.dispatch({ do: "dial", flow });
    try {
      this.audio = await openCallAudio((frame) => this.sendSound(frame));
    } catch (error) {
      const reason = error instanceof AudioError ? error.reason : "busy";
      this.over = true;
      this.dispatch({ do: "failed", notice: noticeForAudio(reason) });
      return;
    }
    if (this.over) this.audio.close();
    else this.connect(flow);
  }

  sendEvent(action: string, data?: JsonObject): void {
    this.send(data ? { type: "ui_event", action, data } : { type: "ui_event", action });
  }

  setMuted(muted: boolean): void {
    this.audio?.setMuted(muted);
    this.dispatch({ do: "muted", muted });
  }

  hangUp(): void {
    if (this.over) return;
    this.audio?.flush();
    this.dispatch({ do: "hung_up" });
    this.finish();
  }

  levels(): { microphone: number; speaker: number } {
    return this.audio?.levels() ?? { microphone: 0, speaker: 0 };
  }

  private connect(flow: string): void {
    const socket = new WebSocket(socketUrl(flow));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.opened = true;
      this.dispatch({ do: "opened" });
      this.send({ type: "config", sample_rate: WIRE_RATE_HZ, channels: 1 });
      this.ping();
      this.pings = window.setInterval(() => this.ping(), PING_EVERY_MS);
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.receive(data);
    socket.onclose = ({ code }) => {
      if (this.over) return;
      this.dispatch({ do: "closed", code, opened: this.opened });
      this.finish();
    };
    this.socket = socket;
  }

  private receive(data: string | ArrayBuffer): void {
    if (this.over) return;
    if (data instanceof ArrayBuffer) {
      if (data.byteLength % 2 === 0) this.audio?.play(data);
      return;
    }
    const message = parseMessage(data);
    if (message) this.handle(message);
  }

  private handle(message: ServerMessage): void {
    if (message.type === "interrupted") this.audio?.flush();
    if (message.type === "config") this.audio?.setPlaybackRate(message.rateHz);
    if (message.type === "pong") {
      this.roundTrips.add(message.ts, Math.round(performance.now()));
      this.dispatch({ do: "round_trip", medianMs: this.roundTrips.medianMs });
      return;
    }
    this.dispatch({ do: "message", message });
    if (message.type === "error" && FATAL.has(message.code)) {
      this.dispatch({ do: "closed", code: 1000, opened: false });
      this.finish();
    }
  }

  private ping(): void {
    this.send({ type: "ping", ts: Math.round(performance.now()) });
  }

  private send(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private sendSound(frame: ArrayBuffer): void {
    const socket = this.socket;
    if (socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < MAX_UNSENT_BYTES) socket.send(frame);
  }

  private finish(): void {
    this.over = true;
    window.clearInterval(this.pings);
    this.socket?.close(1000);
    this.audio?.close();
  }
}
