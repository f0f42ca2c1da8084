"""A headless browser whose microphone a test can speak into and whose loudspeaker it can listen to."""

import base64
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from playwright.async_api import Browser, Page, async_playwright

from tests.support.sound import wav_bytes

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]

MICROPHONE = """(() => {
  let context, out;
  const open = async () => {
    if (!context) {
      context = new AudioContext({ sampleRate: 48000 });
      out = context.createMediaStreamDestination();
      const still = new ConstantSourceNode(context, { offset: 0 });
      still.connect(out);
      still.start();
    }
    await context.resume();
    return out.stream;
  };
  window.__say = async (base64) => {
    await open();
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const source = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(bytes.buffer) });
    source.connect(out);
    source.start();
    await new Promise((done) => (source.onended = done));
  };
  window.__constraints = [];
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    window.__constraints.push(constraints);
    return (await open()).clone();
  };
})();"""

LOUDSPEAKER = """(() => {
  const code = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process(inputs) { if (inputs[0][0]) this.port.postMessage(inputs[0][0].slice()); return true; }
  });`;
  window.__played = { chunks: [], length: 0 };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination && target instanceof AudioDestinationNode) {
      const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
      this.context.audioWorklet.addModule(url).then(() => {
        const tap = new AudioWorkletNode(this.context, "tap", { numberOfOutputs: 0 });
        tap.port.onmessage = ({ data }) => {
          window.__played.chunks.push(data);
          window.__played.length += data.length;
        };
        connect.call(this, tap);
      });
    }
    return connect.call(this, target, ...rest);
  };
  window.__takePlayed = () => {
    const all = new Float32Array(window.__played.length);
    let at = 0;
    for (const chunk of window.__played.chunks) { all.set(chunk, at); at += chunk.length; }
    const bytes = new Uint8Array(all.buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
  };
})();"""


@contextlib.asynccontextmanager
async def open_browser(executable: str = CHROMIUM, more_flags: Sequence[str] = ()) -> AsyncIterator[Browser]:
    """Start Chromium without a window; `executable` may be a script that starts it elsewhere."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, headless=True, args=[*FLAGS, *more_flags]
        )
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def open_page(browser: Browser, **context_options: Any) -> AsyncIterator[Page]:
    """Open a page with the injected microphone and the tapped loudspeaker; an uncaught script error fails the test."""
    context = await browser.new_context(**context_options)
    page = await context.new_page()
    await page.add_init_script(MICROPHONE)
    await page.add_init_script(LOUDSPEAKER)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    try:
        yield page
        assert not broken, broken
    finally:
        await context.close()


async def say(page: Page, pcm: bytes) -> None:
    """Speak 16 kHz mono int16 into the page's microphone; returns when it is over."""
    await page.evaluate("wav => window.__say(wav)", base64.b64encode(wav_bytes(pcm)).decode())


async def played_count(page: Page) -> int:
    """How many samples have gone to the loudspeaker, silence included."""
    return int(await page.evaluate("window.__played.length"))


async def played(page: Page) -> npt.NDArray[np.float64]:
    """Everything that has gone to the loudspeaker."""
    return np.frombuffer(base64.b64decode(await page.evaluate("window.__takePlayed()")), "<f4").astype(np.float64)


async def wait_played(page: Page, count: int) -> None:
    """Wait until the loudspeaker has been given `count` samples in all."""
    await page.wait_for_function("count => window.__played.length >= count", arg=count)
