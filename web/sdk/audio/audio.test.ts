import { describe, expect, test } from "vitest";

import { PlaybackFifo } from "./fifo";
import { Framer } from "./framer";
import { Resampler } from "./resampler";

const sine = (hz: number, rateHz: number, seconds: number) =>
  Float32Array.from({ length: Math.round(rateHz * seconds) }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rateHz));
const rms = (samples: Float32Array) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

/** Feed in blocks of 128, as an AudioWorklet does. */
function inBlocks(samples: Float32Array, take: (block: Float32Array) => void): void {
  for (let i = 0; i < samples.length; i += 128) take(samples.subarray(i, i + 128));
}

function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  const resampler = new Resampler(fromHz, toHz);
  const output: number[] = [];
  inBlocks(samples, (block) => output.push(...resampler.push(block)));
  return Float32Array.from(output);
}

describe("Resampler", () => {
  test.each([
    [48000, 16000],
    [44100, 16000],
    [16000, 48000],
    [24000, 16000],
  ])("keeps a 440 Hz tone from %i to %i Hz", (fromHz, toHz) => {
    const output = resample(sine(440, fromHz, 0.5), fromHz, toHz);
    const expected = sine(440, toHz, 0.5);
    expect(Math.abs(output.length - expected.length)).toBeLessThan(toHz * 0.003);
    for (let i = 200; i < output.length - 200; i++) expect(Math.abs(output[i]! - expected[i]!)).toBeLessThan(0.01);
  });

  test("removes what the lower rate cannot carry", () => {
    const output = resample(sine(12000, 48000, 0.5), 48000, 16000);
    expect(rms(output.subarray(200))).toBeLessThan(0.005);
  });

  test("hands the samples through where the rates are equal", () => {
    const input = sine(440, 16000, 0.02);
    expect(new Resampler(16000, 16000).push(input)).toBe(input);
  });
});

describe("Framer", () => {
  test("cuts frames of 640 bytes and keeps the rest for later", () => {
    const framer = new Framer(16000);
    const counts: number[] = [];
    inBlocks(sine(300, 16000, 0.1), (block) => counts.push(...framer.push(block).map((frame) => frame.byteLength)));
    expect(counts).toEqual([640, 640, 640, 640, 640]);
  });

  test("clips what is too loud instead of wrapping around", () => {
    const [frame] = new Framer(16000).push(Float32Array.from({ length: 320 }, (_, i) => (i % 2 ? 3 : -3)));
    expect([frame?.[0], frame?.[1]]).toEqual([-32768, 32767]);
  });

  test("makes 50 frames a second of a 48 kHz microphone", () => {
    const framer = new Framer(48000);
    let frames = 0;
    inBlocks(sine(300, 48000, 1), (block) => (frames += framer.push(block).length));
    expect(frames).toBe(49);
  });
});

describe("PlaybackFifo", () => {
  const ramp = Int16Array.from({ length: 400 }, (_, i) => i * 32);

  test("plays in order, across the borders of chunks", () => {
    const fifo = new PlaybackFifo(16000, 16000);
    fifo.push(ramp.subarray(0, 100));
    fifo.push(ramp.subarray(100));
    const out = new Float32Array(400);
    for (let i = 0; i < 400; i += 80) fifo.pull(out.subarray(i, i + 80));
    expect([...out]).toEqual([...ramp].map((sample) => sample / 32768));
    expect(fifo.waitingSamples).toBe(0);
  });

  test("plays silence when nothing waits", () => {
    const out = new Float32Array(128).fill(1);
    new PlaybackFifo(16000, 16000).pull(out);
    expect(out.every((sample) => sample === 0)).toBe(true);
  });

  test("a flush leaves 4 ms that fade to nothing", () => {
    const fifo = new PlaybackFifo(16000, 16000);
    fifo.push(new Int16Array(16000).fill(16384));
    fifo.pull(new Float32Array(128));
    fifo.flush();
    expect(fifo.waitingSamples).toBe(64);
    const out = new Float32Array(128);
    fifo.pull(out);
    expect(out[0]).toBeGreaterThan(0.45);
    expect(out[63]).toBe(0);
    expect(rms(out.subarray(64))).toBe(0);
  });

  test("what comes after a flush is played", () => {
    const fifo = new PlaybackFifo(16000, 16000);
    fifo.push(new Int16Array(1000).fill(100));
    fifo.flush();
    fifo.push(ramp);
    expect(fifo.waitingSamples).toBe(464);
  });

  test("rests before what comes next", () => {
    const fifo = new PlaybackFifo(16000, 16000);
    fifo.rest(10);
    fifo.push(ramp);
    const out = new Float32Array(320);
    fifo.pull(out);
    expect(rms(out.subarray(0, 160))).toBe(0);
    expect(rms(out.subarray(160))).toBeGreaterThan(0);
  });

  test("takes another rate in mid-call", () => {
    const fifo = new PlaybackFifo(16000, 16000);
    fifo.setInputRate(24000);
    fifo.push(new Int16Array(2400).fill(100));
    expect(Math.abs(fifo.waitingSamples - 1600)).toBeLessThan(20);
  });
});
