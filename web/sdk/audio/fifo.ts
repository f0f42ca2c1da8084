import { Resampler } from "./resampler";

const FADE_S = 0.004;

/** What waits to be played: first in, first out, and dropped at once when the bot is interrupted. */
export class PlaybackFifo {
  private chunks: Float32Array[] = [];
  private offset = 0;
  private resampler: Resampler;

  constructor(
    inputRateHz: number,
    private readonly outputRateHz: number,
  ) {
    this.resampler = new Resampler(inputRateHz, outputRateHz);
  }

  /** Change the rate of what comes next (`config.audio_sample_rate`). */
  setInputRate(rateHz: number): void {
    this.resampler = new Resampler(rateHz, this.outputRateHz);
  }

  push(pcm: Int16Array): void {
    const floats = this.resampler.push(Float32Array.from(pcm, (sample) => sample / 32768));
    if (floats.length > 0) this.chunks.push(floats);
  }

  /** Be silent for so long before what comes next. */
  rest(ms: number): void {
    const count = Math.round((ms * this.outputRateHz) / 1000);
    if (count > 0) this.chunks.push(new Float32Array(count));
  }

  /** Fill `output`; silence where nothing waits. */
  pull(output: Float32Array): void {
    let written = 0;
    while (written < output.length) {
      const chunk = this.chunks[0];
      if (chunk === undefined) break;
      const part = chunk.subarray(this.offset, this.offset + output.length - written);
      output.set(part, written);
      written += part.length;
      this.offset += part.length;
      if (this.offset === chunk.length) {
        this.chunks.shift();
        this.offset = 0;
      }
    }
    output.fill(0, written);
  }

  /** Drop everything but 4 ms, which fade out so that the cut does not click. */
  flush(): void {
    const tail = new Float32Array(Math.min(this.waitingSamples, Math.round(FADE_S * this.outputRateHz)));
    this.pull(tail);
    this.chunks = tail.length > 0 ? [tail.map((sample, i) => sample * (1 - (i + 1) / tail.length))] : [];
    this.offset = 0;
  }

  get waitingSamples(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0) - this.offset;
  }
}
