/** One call to a server that speaks PVP: socket, sound, pings, the change to WebRTC, and the way back after a cut. */

import type { CallAudio } from "./audio/call_audio";
import { AudioError, openCallAudio } from "./audio/call_audio";
import { WIRE_RATE_HZ } from "./audio/framer";
import type { Judgement, Measured } from "./judgement";
import { judge, moved, UNJUDGED } from "./judgement";
import { Peer } from "./peer";
import type { UpgradeDeed, UpgradeEvent, UpgradeState } from "./upgrade";
import { step } from "./upgrade";
import { PING_EVERY_MS, RoundTrips } from "./wire/latency";
import type { ClientMessage, JsonObject, ServerMessage } from "./wire/pvp";
import { parseMessage, sequenceOf } from "./wire/pvp";

export type Wire = "websocket" | "webrtc";

export interface VoiceCallOptions {
  /** The WebSocket's address: `/ws?…` of a flow, or the `ws_url` of a session. */
  url: URL;
  /**
   * When sound moves to WebRTC: as soon as it can, or once the socket does badly (`judgement.ts`). It comes back when the
   * peer connection does badly; the socket stays for messages, and as the way back.
   */
  webrtc: "at_once" | "when_needed" | "never";
  /** For how long a call whose socket broke is dialled again; 0: it is over. */
  resumeMs: number;
}

export interface VoiceCallEvents {
  opened(): void;
  message(message: ServerMessage): void;
  roundTrip(medianMs: number | null): void;
  wire(wire: Wire): void;
  /** The call is over; `code` is the socket's. */
  closed(code: number, opened: boolean): void;
  /** There is no sound, so there was no call. */
  noSound(reason: AudioError["reason"]): void;
}

/** One second of microphone sound; more unsent than this is dropped, for old sound only delays the turn. */
const MAX_UNSENT_BYTES = 2 * WIRE_RATE_HZ;
/** After these the server keeps the socket open, but the call is over. */
const FATAL = new Set(["flow.not_found", "flow.invalid", "flow.check_failed"]);
/** The change waits so long for the bot to be silent. */
const PAUSE_MS = 3000;
const REDIAL_MS = 1000;
const LAST_SOUND_MS = 500;
/** From the end of a peer connection's buffer to the loudspeaker, beyond what a socket's sound takes. */
const OUTPUT_MS = 40;

export class VoiceCall {
  private socket: WebSocket | null = null;
  private audio: CallAudio | null = null;
  private peer: Peer | null = null;
  private upgrade: UpgradeState = "socket";
  private opened = false;
  private over = false;
  private speaking = false;
  private judgement: Judgement = UNJUDGED;
  /** Where to come back to: a session's own address, or the one that `config` told. */
  private resumeUrl: URL | null = null;
  private lastSeq: number | null = null;
  private brokenAtMs: number | null = null;
  private pings: number | undefined;
  private patience: number | undefined;
  private redial: number | undefined;
  private waitingMs = 0;
  private readonly roundTrips = new RoundTrips();

  constructor(
    private readonly options: VoiceCallOptions,
    private readonly events: VoiceCallEvents,
  ) {}

  /** Ask for the microphone, then connect. */
  async start(): Promise<void> {
    try {
      this.audio = await openCallAudio((frame) => this.sendSound(frame));
    } catch (error) {
      this.over = true;
      this.events.noSound(error instanceof AudioError ? error.reason : "busy");
      return;
    }
    if (this.over) this.audio.close();
    else this.connect();
  }

  sendEvent(action: string, data?: JsonObject): void {
    this.send(data ? { type: "ui_event", action, data } : { type: "ui_event", action });
  }

  /** Press keys of a telephone: `0` to `9`, `*` and `#`, at most 32. */
  press(digits: string): void {
    this.send({ type: "dtmf", digits });
  }

  setMuted(muted: boolean): void {
    this.audio?.setMuted(muted);
  }

  /** End the call; what still waits to be played is dropped. */
  hangUp(): void {
    this.audio?.flush();
    this.peer?.close();
    this.finish();
  }

  /** Listen to another microphone from now on; ids come from `audio/devices.ts`. */
  async useMicrophone(deviceId: string): Promise<void> {
    if (!this.audio) return;
    await this.audio.useMicrophone(deviceId);
    await this.peer?.useMicrophone(this.audio.track);
  }

  /** Speak through another loudspeaker from now on; false where the browser cannot. */
  async useSpeaker(deviceId: string): Promise<boolean> {
    return (await this.audio?.useSpeaker(deviceId)) ?? false;
  }

  levels(): { microphone: number; speaker: number } {
    return this.audio?.levels() ?? { microphone: 0, speaker: 0 };
  }

  // --- the socket ---------------------------------------------------------------------------------------------------
  private connect(): void {
    const url = new URL(this.resumeUrl ?? this.options.url);
    if (this.options.resumeMs > 0 && this.resumeUrl === null) url.searchParams.set("resume", "true");
    if (this.opened) url.searchParams.set("last_seq", String(this.lastSeq ?? 0));
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.open(socket);
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (socket === this.socket) this.receive(data);
    };
    socket.onclose = ({ code }) => {
      if (socket === this.socket) this.close(code);
    };
    this.socket = socket;
  }

  private open(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.brokenAtMs = null;
    this.redial = undefined;
    this.send({ type: "config", sample_rate: WIRE_RATE_HZ, channels: 1 });
    this.ping();
    window.clearInterval(this.pings);
    this.pings = window.setInterval(() => this.ping(), PING_EVERY_MS);
    if (this.opened) return;
    this.opened = true;
    this.events.opened();
    if (this.options.webrtc === "at_once") this.want();
  }

  /** A socket that broke is dialled again; meanwhile a peer connection that is well carries the call alone. */
  private close(code: number): void {
    if (this.over) return;
    const now = performance.now();
    this.brokenAtMs ??= now;
    const comesBack = this.resumeUrl !== null || this.options.url.pathname.includes("/v1/ws/");
    if (this.opened && code === 1006 && comesBack && now - this.brokenAtMs < this.options.resumeMs) {
      if (this.upgrade !== "peer") this.advance({ on: "lost" });
      this.redial = window.setTimeout(() => this.over || this.connect(), REDIAL_MS);
      return;
    }
    this.redial = undefined;
    if (this.opened && code === 1006 && this.upgrade === "peer") return;
    this.events.closed(code, this.opened);
    this.finish();
  }

  private receive(data: string | ArrayBuffer): void {
    if (this.over) return;
    if (data instanceof ArrayBuffer) {
      if (data.byteLength % 2 === 0) this.audio?.play(data);
      return;
    }
    const seq = sequenceOf(data);
    if (seq !== null) {
      if (this.lastSeq !== null && seq <= this.lastSeq) return;
      this.lastSeq = seq;
    }
    const message = parseMessage(data);
    if (message) this.handle(message);
  }

  private handle(message: ServerMessage): void {
    switch (message.type) {
      case "pong":
        this.roundTrips.add(message.ts, Math.round(performance.now()));
        this.events.roundTrip(this.roundTrips.medianMs);
        this.weigh({ of: "websocket", rttMs: this.roundTrips.medianMs ?? 0, jitterMs: this.roundTrips.jitterMs });
        return;
      case "quality":
        this.weigh({ of: "webrtc", rttMs: message.rttMs, loss: message.loss, mos: message.mos });
        break;
      case "upgrade_answer":
        this.advance({ on: "answered", sdp: message.sdp });
        return;
      case "upgrade_failed":
        this.advance({ on: "refused", forGood: message.reason === "not supported" });
        return;
      case "switch_now":
        this.advance({ on: "switch" });
        if (this.upgrade === "peer") this.tellWire("webrtc");
        return;
      case "downgrade_complete":
        if (this.upgrade === "leaving") this.audio?.rest(this.waitingMs);
        this.advance({ on: "downgraded" });
        return;
      case "interrupted":
        this.audio?.flush();
        break;
      case "config":
        this.audio?.setPlaybackRate(message.rateHz);
        if (message.resumeToken !== null) this.resumeUrl = new URL(`v1/ws/${message.resumeToken}`, this.options.url);
        break;
      case "status":
        this.speaking = message.status === "speaking";
        if (!this.speaking) this.advance({ on: "pause" });
        break;
      default:
    }
    this.events.message(message);
    if (message.type === "error" && FATAL.has(message.code)) {
      this.events.closed(1000, false);
      this.finish();
    }
  }

  private ping(): void {
    this.send({ type: "ping", ts: Math.round(performance.now()) });
  }

  private send(message: ClientMessage): void {
    const text = JSON.stringify(message);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text);
    else if (this.upgrade === "peer") this.peer?.send(text);
  }

  private sendSound(frame: ArrayBuffer): void {
    const socket = this.socket;
    if (this.upgrade === "peer" || socket?.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount < MAX_UNSENT_BYTES) socket.send(frame);
  }

  // --- the change of wires ------------------------------------------------------------------------------------------
  private want(): void {
    if ("RTCPeerConnection" in window) this.advance({ on: "wanted" });
  }

  private weigh(measured: Measured): void {
    const [judgement, wish] = judge(this.judgement, measured, performance.now());
    this.judgement = judgement;
    if (wish === "upgrade" && this.options.webrtc !== "never") this.want();
    if (wish === "downgrade") void this.leave();
  }

  /** What the peer connection has brought is heard before what the socket brings. */
  private async leave(): Promise<void> {
    this.waitingMs = ((await this.peer?.waitingMs()) ?? 0) + OUTPUT_MS;
    this.advance({ on: "unwanted" });
  }

  private tellWire(wire: Wire): void {
    this.judgement = moved(this.judgement, wire, performance.now());
    this.events.wire(wire);
  }

  private advance(event: UpgradeEvent): void {
    const [next, deeds] = step(this.upgrade, event);
    this.upgrade = next;
    for (const deed of deeds) this.perform(deed);
  }

  private perform(deed: UpgradeDeed): void {
    switch (deed.do) {
      case "open":
        void this.offer();
        return;
      case "send_offer":
        this.send({ type: "upgrade-offer", sdp: deed.sdp, sdp_type: "offer" });
        return;
      case "accept":
        this.peer?.accept(deed.sdp).catch(() => this.advance({ on: "lost" }));
        return;
      case "send_complete":
        this.send({ type: "upgrade-complete" });
        return;
      case "send_downgrade":
        this.send({ type: "downgrade" });
        return;
      case "close":
        this.dropPeer();
        this.tellWire("websocket");
    }
  }

  private async offer(): Promise<void> {
    const audio = this.audio;
    if (!audio) return;
    const servers = await this.iceServers();
    if (this.over || this.upgrade !== "offering") return;
    const peer: Peer = new Peer(servers, audio.track, audio.stream, {
      connected: () => this.peer === peer && this.peerConnected(),
      lost: () => this.peer === peer && this.peerLost(),
      sound: (stream) => audio.playStream(stream),
      message: (text) => this.peer === peer && this.receive(text),
    });
    this.peer = peer;
    try {
      const sdp = await peer.offer();
      if (this.peer === peer) this.advance({ on: "offered", sdp });
    } catch {
      if (this.peer === peer) this.advance({ on: "lost" });
    }
  }

  private peerLost(): void {
    const alone = this.upgrade === "peer" && this.socket?.readyState !== WebSocket.OPEN && this.redial === undefined;
    this.advance({ on: "lost" });
    if (!alone) return;
    this.events.closed(1006, true);
    this.finish();
  }

  private peerConnected(): void {
    this.advance({ on: "connected" });
    if (!this.speaking) this.advance({ on: "pause" });
    else this.patience = window.setTimeout(() => this.advance({ on: "pause" }), PAUSE_MS);
  }

  /** Without an answer, none are used: most servers can be reached without. */
  private async iceServers(): Promise<RTCIceServer[]> {
    const url = new URL("ice-servers", document.baseURI);
    try {
      const response = await fetch(url);
      const body: unknown = response.ok ? await response.json() : null;
      const servers = typeof body === "object" && body !== null && "iceServers" in body ? body.iceServers : [];
      return Array.isArray(servers) ? (servers as RTCIceServer[]) : [];
    } catch {
      return [];
    }
  }

  /** Let the last of its sound be heard. */
  private dropPeer(): void {
    window.clearTimeout(this.patience);
    const peer = this.peer;
    this.peer = null;
    if (peer) window.setTimeout(() => peer.close(), LAST_SOUND_MS);
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    window.clearInterval(this.pings);
    window.clearTimeout(this.redial);
    this.dropPeer();
    this.socket?.close(1000);
    this.audio?.close();
  }
}
