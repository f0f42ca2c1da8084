import captureUrl from "./capture.worklet.ts?worker&url";
import { WIRE_RATE_HZ } from "./framer";
import playerUrl from "./player.worklet.ts?worker&url";

export type PlayerCommand =
  | { do: "play"; pcm: ArrayBuffer }
  | { do: "flush" }
  | { do: "rest"; ms: number }
  | { do: "rate"; rateHz: number };

export interface CallAudio {
  /** The microphone, for a peer connection; another one after `useMicrophone`. */
  stream: MediaStream;
  track: MediaStreamTrack;
  /** Listen to another microphone from now on; the one before is let go. */
  useMicrophone(deviceId: string): Promise<void>;
  /** Speak through another loudspeaker from now on; false where the browser cannot. */
  useSpeaker(deviceId: string): Promise<boolean>;
  /** Play what a peer connection brings, beside what is played already. */
  playStream(stream: MediaStream): void;
  play(pcm: ArrayBuffer): void;
  /** Play nothing for so long before what comes next. */
  rest(ms: number): void;
  flush(): void;
  setPlaybackRate(rateHz: number): void;
  setMuted(muted: boolean): void;
  /** Root mean square of the last instant, 0 to 1. */
  levels(): { microphone: number; speaker: number };
  close(): void;
}

/** Why there is no sound, in the words that `call/notice.ts` explains. */
export class AudioError extends Error {
  constructor(readonly reason: "insecure" | "denied" | "no_device" | "busy" | "unsupported") {
    super(reason);
  }
}

const LAST_WORDS_MS = 400;

const MICROPHONE: MediaTrackConstraints = {
  channelCount: 1,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

async function openMicrophone(deviceId?: string): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new AudioError(isSecureContext ? "unsupported" : "insecure");
  try {
    const chosen = deviceId === undefined ? {} : { deviceId: { exact: deviceId } };
    return await navigator.mediaDevices.getUserMedia({ audio: { ...MICROPHONE, ...chosen } });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError" || name === "SecurityError") throw new AudioError("denied");
    if (name === "NotFoundError" || name === "OverconstrainedError") throw new AudioError("no_device");
    throw new AudioError("busy");
  }
}

interface Graph {
  context: AudioContext;
  source: MediaStreamAudioSourceNode;
}

/** Some browsers refuse a microphone in a context of another rate; then the worklets convert. */
function openGraph(stream: MediaStream): Graph {
  const preferred = new AudioContext({ sampleRate: WIRE_RATE_HZ, latencyHint: "interactive" });
  try {
    return { context: preferred, source: preferred.createMediaStreamSource(stream) };
  } catch {
    void preferred.close();
    const context = new AudioContext({ latencyHint: "interactive" });
    return { context, source: context.createMediaStreamSource(stream) };
  }
}

function meter(context: AudioContext): { node: AnalyserNode; read: () => number } {
  const node = new AnalyserNode(context, { fftSize: 512 });
  const window = new Float32Array(node.fftSize);
  const read = () => {
    node.getFloatTimeDomainData(window);
    return Math.sqrt(window.reduce((sum, sample) => sum + sample * sample, 0) / window.length);
  };
  return { node, read };
}

/**
 * Open microphone and speaker.
 *
 * @param onFrame Gets 640 bytes, 20 ms at 16 kHz, as long as the microphone is open; silence while muted.
 * @throws AudioError No microphone, or none allowed.
 */
export async function openCallAudio(onFrame: (frame: ArrayBuffer) => void): Promise<CallAudio> {
  const stream = await openMicrophone();
  const { context, source: first } = openGraph(stream);
  let source = first;
  await Promise.all([context.audioWorklet.addModule(captureUrl), context.audioWorklet.addModule(playerUrl)]);
  await context.resume();

  const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  const player = new AudioWorkletNode(context, "player", { numberOfInputs: 0, outputChannelCount: [1] });
  const microphone = meter(context);
  const speaker = meter(context);
  source.connect(microphone.node).connect(capture);
  player.connect(speaker.node).connect(context.destination);
  capture.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => onFrame(data);

  const command = (message: PlayerCommand, transfer: Transferable[] = []) => player.port.postMessage(message, transfer);
  const audio: CallAudio = {
    stream,
    track: trackOf(stream),
    useMicrophone: async (deviceId) => {
      const next = await openMicrophone(deviceId);
      const track = trackOf(next);
      track.enabled = audio.track.enabled;
      source.disconnect();
      for (const old of audio.stream.getTracks()) old.stop();
      source = context.createMediaStreamSource(next);
      source.connect(microphone.node);
      audio.stream = next;
      audio.track = track;
    },
    useSpeaker: async (deviceId) => {
      if (!("setSinkId" in context)) return false;
      await (context as AudioContext & { setSinkId(id: string): Promise<void> }).setSinkId(deviceId);
      return true;
    },
    playStream: (remote) => {
      // Chromium gives a graph the sound of a remote stream only while an element plays it, too.
      const element = new Audio();
      element.srcObject = remote;
      element.muted = true;
      void element.play().catch(() => undefined);
      context.createMediaStreamSource(remote).connect(speaker.node);
    },
    play: (pcm) => command({ do: "play", pcm }, [pcm]),
    rest: (ms) => command({ do: "rest", ms }),
    flush: () => command({ do: "flush" }),
    setPlaybackRate: (rateHz) => command({ do: "rate", rateHz }),
    setMuted: (muted) => {
      audio.track.enabled = !muted;
    },
    levels: () => ({ microphone: microphone.read(), speaker: speaker.read() }),
    close: () => {
      capture.port.onmessage = null;
      for (const track of audio.stream.getTracks()) track.stop();
      // The server's lead is at most 200 ms: the last word is still on its way to the speaker.
      window.setTimeout(() => void context.close(), LAST_WORDS_MS);
    },
  };
  return audio;
}

function trackOf(stream: MediaStream): MediaStreamTrack {
  const track = stream.getAudioTracks()[0];
  if (!track) throw new AudioError("no_device");
  return track;
}
