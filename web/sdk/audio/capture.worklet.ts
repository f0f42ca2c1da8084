import { Framer } from "./framer";

class Capture extends AudioWorkletProcessor {
  private readonly framer = new Framer(sampleRate);

  process(inputs: Float32Array[][]): boolean {
    const channel = inputs[0]?.[0];
    if (channel) {
      for (const frame of this.framer.push(channel)) this.port.postMessage(frame.buffer, [frame.buffer]);
    }
    return true;
  }
}

registerProcessor("capture", Capture);
