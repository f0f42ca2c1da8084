/** Streaming conversion between sample rates: windowed-sinc interpolation, about 1 ms of delay. */

const ZERO_CROSSINGS = 12;

export class Resampler {
  private readonly step: number;
  private readonly cutoff: number;
  private readonly half: number;
  private history: Float32Array;
  /** Where the next output sample lies, in input samples from the start of `history`. */
  private position: number;

  constructor(fromHz: number, toHz: number) {
    this.step = fromHz / toHz;
    this.cutoff = Math.min(1, toHz / fromHz);
    this.half = Math.ceil(ZERO_CROSSINGS / this.cutoff);
    this.history = new Float32Array(this.half);
    this.position = this.half;
  }

  /** Convert the next samples; what still needs its future is held back until the next call. */
  push(input: Float32Array): Float32Array {
    if (this.step === 1) return input;
    const all = new Float32Array(this.history.length + input.length);
    all.set(this.history);
    all.set(input, this.history.length);
    const output: number[] = [];
    while (this.position + this.half < all.length) {
      output.push(this.at(all, this.position));
      this.position += this.step;
    }
    const keepFrom = Math.max(0, Math.floor(this.position) - this.half);
    this.history = all.slice(keepFrom);
    this.position -= keepFrom;
    return Float32Array.from(output);
  }

  private at(samples: Float32Array, position: number): number {
    const middle = Math.floor(position);
    let sum = 0;
    for (let i = middle - this.half + 1; i <= middle + this.half; i++) {
      sum += (samples[i] ?? 0) * this.kernel(position - i);
    }
    return sum;
  }

  private kernel(distance: number): number {
    const x = distance * this.cutoff;
    if (Math.abs(x) >= ZERO_CROSSINGS) return 0;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    const hann = 0.5 + 0.5 * Math.cos((Math.PI * x) / ZERO_CROSSINGS);
    return sinc * hann * this.cutoff;
  }
}
