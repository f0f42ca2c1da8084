/** Round trips of `ping` and `pong`: the client asks every 5 s and keeps the last ten answers. */

export const PING_EVERY_MS = 5000;
const WINDOW = 10;

export class RoundTrips {
  private samplesMs: number[] = [];

  /** Note a `pong` that echoes `sentMs`, read on the same clock as `nowMs`. */
  add(sentMs: number, nowMs: number): void {
    const tookMs = nowMs - sentMs;
    if (tookMs < 0) return;
    this.samplesMs = [...this.samplesMs, tookMs].slice(-WINDOW);
  }

  /** Median of the window, null before the first answer. */
  get medianMs(): number | null {
    return median(this.samplesMs);
  }

  /** How far the window scatters: its standard deviation. */
  get jitterMs(): number {
    const count = Math.max(1, this.samplesMs.length);
    const mean = this.samplesMs.reduce((sum, each) => sum + each, 0) / count;
    return Math.sqrt(this.samplesMs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / count);
  }
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
