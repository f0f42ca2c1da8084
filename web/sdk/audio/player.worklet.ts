import { PlaybackFifo } from "./fifo";
import { WIRE_RATE_HZ } from "./framer";
import type { PlayerCommand } from "./call_audio";

class Player extends AudioWorkletProcessor {
  private readonly fifo = new PlaybackFifo(WIRE_RATE_HZ, sampleRate);

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlayerCommand>) => {
      if (data.do === "play") this.fifo.push(new Int16Array(data.pcm));
      else if (data.do === "flush") this.fifo.flush();
      else if (data.do === "rest") this.fifo.rest(data.ms);
      else this.fifo.setInputRate(data.rateHz);
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const channel = outputs[0]?.[0];
    if (channel) this.fifo.pull(channel);
    return true;
  }
}

registerProcessor("player", Player);
