/** One peer connection of a call: sound both ways, and a channel for messages. */

/** What the other side says of its own, and what came of our offer. */
export interface PeerEvents {
  /** Sound can flow. */
  connected(): unknown;
  /** Sound cannot flow, or not any more. */
  lost(): unknown;
  /** The bot's voice. */
  sound(stream: MediaStream): unknown;
  /** A message came on the channel, where they go while the socket is away. */
  message(text: string): unknown;
}

const GATHER_MS = 1000;
/** A browser may find its way again; longer than this nobody waits. */
const DISCONNECTED_MS = 3000;

export class Peer {
  private readonly connection: RTCPeerConnection;
  private over = false;
  private patience: number | undefined;
  private readonly channel: RTCDataChannel;
  private readonly sender: RTCRtpSender;

  constructor(iceServers: RTCIceServer[], microphone: MediaStreamTrack, stream: MediaStream, private readonly events: PeerEvents) {
    this.connection = new RTCPeerConnection({ iceServers });
    this.sender = this.connection.addTrack(microphone, stream);
    this.channel = this.connection.createDataChannel("bot-messages");
    this.channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!this.over && typeof data === "string") events.message(data);
    };
    this.connection.ontrack = ({ streams, track }) => events.sound(streams[0] ?? new MediaStream([track]));
    this.connection.onconnectionstatechange = () => this.change();
  }

  /** An offer with what addresses are found in a second; the server's checks tell it the others. */
  async offer(): Promise<string> {
    await this.connection.setLocalDescription(await this.connection.createOffer());
    await Promise.race([this.gathered(), new Promise((done) => window.setTimeout(done, GATHER_MS))]);
    return this.connection.localDescription?.sdp ?? "";
  }

  async accept(sdp: string): Promise<void> {
    if (!this.over) await this.connection.setRemoteDescription({ type: "answer", sdp });
  }

  async add(candidates: RTCIceCandidateInit[]): Promise<void> {
    for (const candidate of candidates) {
      if (!this.over) await this.connection.addIceCandidate(candidate);
    }
  }

  /** Send a message; false if that cannot be. */
  send(text: string): boolean {
    if (this.over || this.channel.readyState !== "open") return false;
    this.channel.send(text);
    return true;
  }

  /** How long what has come still waits to be heard. */
  async waitingMs(): Promise<number> {
    for (const report of (await this.connection.getStats()).values()) {
      const { type, jitterBufferDelay, jitterBufferEmittedCount } = report as Record<string, unknown>;
      if (type !== "inbound-rtp" || typeof jitterBufferDelay !== "number" || typeof jitterBufferEmittedCount !== "number") continue;
      return jitterBufferEmittedCount > 0 ? (1000 * jitterBufferDelay) / jitterBufferEmittedCount : 0;
    }
    return 0;
  }

  /** Send another microphone from now on. */
  async useMicrophone(track: MediaStreamTrack): Promise<void> {
    if (!this.over) await this.sender.replaceTrack(track);
  }

  close(): void {
    this.over = true;
    window.clearTimeout(this.patience);
    this.connection.close();
  }

  private gathered(): Promise<void> {
    if (this.connection.iceGatheringState === "complete") return Promise.resolve();
    return new Promise((done) => {
      this.connection.addEventListener("icegatheringstatechange", () => {
        if (this.connection.iceGatheringState === "complete") done();
      });
    });
  }

  private change(): void {
    if (this.over) return;
    const state = this.connection.connectionState;
    window.clearTimeout(this.patience);
    if (state === "connected") this.events.connected();
    else if (state === "failed" || state === "closed") this.events.lost();
    else if (state === "disconnected") this.patience = window.setTimeout(() => this.events.lost(), DISCONNECTED_MS);
  }
}
