/** One peer connection of a call: sound both ways, and a channel for messages. */

/** What the other side says of its own, and what came of our offer. */
export interface PeerEvents {
  /** Sound can flow. */
  connected(): void;
  /** Sound cannot flow, or not any more. */
  lost(): void;
  /** The bot's voice. */
  sound(stream: MediaStream): void;
}

const GATHER_MS = 1000;
/** A browser may find its way again; longer than this nobody waits. */
const DISCONNECTED_MS = 3000;

export class Peer {
  private readonly connection: RTCPeerConnection;
  private over = false;
  private patience: number | undefined;

  constructor(iceServers: RTCIceServer[], microphone: MediaStreamTrack, stream: MediaStream, private readonly events: PeerEvents) {
    this.connection = new RTCPeerConnection({ iceServers });
    this.connection.addTrack(microphone, stream);
    this.connection.createDataChannel("bot-messages");
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
