import { Resampler } from "./resampler";

export const WIRE_RATE_HZ = 16000;
const FRAME_SAMPLES = 320;

/** Cuts the microphone's float samples into 20 ms frames of 16-bit samples at 16 kHz. */
export class Framer {
  private readonly resampler: Resampler;
  private frame = new Int16Array(FRAME_SAMPLES);
  private filled = 0;

  constructor(inputRateHz: number) {
    this.resampler = new Resampler(inputRateHz, WIRE_RATE_HZ);
  }

  /** Take any number of samples in [-1, 1]; give the frames that are now whole. */
  push(samples: Float32Array): Int16Array<ArrayBuffer>[] {
    const whole: Int16Array<ArrayBuffer>[] = [];
    for (const sample of this.resampler.push(samples)) {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.frame[this.filled++] = Math.round(clipped * (clipped < 0 ? 32768 : 32767));
      if (this.filled === FRAME_SAMPLES) {
        whole.push(this.frame);
        this.frame = new Int16Array(FRAME_SAMPLES);
        this.filled = 0;
      }
    }
    return whole;
  }
}
