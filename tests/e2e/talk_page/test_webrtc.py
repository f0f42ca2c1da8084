"""The talk page over WebRTC, in a real browser, against the real application with echo calls."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, expect

from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import Interrupted, UiAction
from pipeline.ports import Frame, Leg
from tests.support.browser import open_browser, open_page, played, played_count, say, wait_played
from tests.support.echo_server import RunningServer, running
from tests.support.fake_call import EchoCall, EchoCalls
from tests.support.sound import RATE_HZ, humming, likeness, samples
from transports.ports import Call, CallRequest

STATIC = Path(__file__).parents[3] / "server" / "static"
SPEECH = humming(6.0, seed=11)
FRAME_BYTES = 640


class Talker(EchoCall):
    """Does not echo; speaks `SPEECH` when told to, as a playout would."""

    def __init__(self, request: CallRequest, leg: Leg) -> None:
        super().__init__(request, leg)
        self.leg = leg
        self.loop = asyncio.get_running_loop()
        self.next_frame = 0

    def receive(self, frame: Frame) -> None:
        if isinstance(frame, AudioIn):
            self.received.append(frame)
        elif isinstance(frame, UiAction) and frame.action == "talk":
            self.began_s = self.loop.time()
            self._speak()
        else:
            super().receive(frame)

    def _speak(self) -> None:
        at = self.next_frame * FRAME_BYTES
        if at < len(SPEECH):
            self.leg.send(AudioOut(SPEECH[at : at + FRAME_BYTES], at // 2, 1))
            self.next_frame += 1
            self.loop.call_at(self.began_s + self.next_frame * 0.02 - 0.04, self._speak)

    def cut(self) -> None:
        """Stop, as an interruption does; called from the test's thread."""

        def do() -> None:
            self.next_frame = len(SPEECH)
            self.leg.send(Interrupted(1))

        self.loop.call_soon_threadsafe(do)

    def talk(self) -> None:
        """Speak; called from the test's thread."""
        self.loop.call_soon_threadsafe(self.receive, UiAction("talk"))


class Talkers(EchoCalls):
    async def place(self, request: CallRequest, leg: Leg) -> Call:
        call = Talker(request, leg)
        self.placed.append(call)
        return call


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    assert (STATIC / "index.html").exists(), "the talk page is not built: run `make web`"
    with running(tmp_path, calls=Talkers(), static_dir=STATIC) as started:
        yield started


@pytest.fixture
async def page(server: RunningServer) -> AsyncIterator[Page]:
    async with open_browser() as browser, open_page(browser) as opened:
        await opened.goto(server.http_url)
        yield opened


async def _talk(page: Page, server: RunningServer) -> Talker:
    await page.get_by_role("radio", name="Greeting").check()
    await page.get_by_role("button", name="Talk", exact=True).click()
    await expect(page.get_by_text("This is greet.")).to_be_visible()
    call = server.calls.placed[-1]
    assert isinstance(call, Talker)
    return call


def _heard(call: EchoCall) -> bytes:
    return b"".join(frame.pcm for frame in call.received if isinstance(frame, AudioIn))


async def test_sound_moves_to_webrtc_and_goes_both_ways(page: Page, server: RunningServer) -> None:
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    spoken = humming(2.0, seed=12)
    before = len(_heard(call))
    await say(page, spoken)
    await asyncio.sleep(0.5)
    heard = _heard(call)[before:]
    assert likeness(samples(spoken), samples(heard)) > 0.75
    call.talk()
    await wait_played(page, await played_count(page) + 7 * RATE_HZ)
    assert likeness(samples(SPEECH), await played(page)) > 0.75


async def test_a_switch_in_mid_word_loses_and_repeats_nothing(page: Page, server: RunningServer) -> None:
    """The page waits for the bot to be silent; this bot never says that it speaks, so it is switched in mid-word."""
    await page.get_by_role("radio", name="Greeting").check()
    await page.get_by_role("button", name="Talk", exact=True).click()
    await expect(page.get_by_role("button", name="Mute")).to_be_visible()
    async with asyncio.timeout(10):
        while not server.calls.placed:  # noqa: ASYNC110  it lives in another thread
            await asyncio.sleep(0.005)
    call = server.calls.placed[-1]
    assert isinstance(call, Talker)
    call.talk()
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    assert call.next_frame * 0.02 < 4, "the switch came while it spoke"
    await wait_played(page, await played_count(page) + 7 * RATE_HZ)
    sound, wanted = await played(page), samples(SPEECH)
    begun = int(np.flatnonzero(np.abs(sound) > 0.01)[0])
    margin, window = RATE_HZ // 12, RATE_HZ // 10
    sound = np.concatenate([np.zeros(margin), sound[begun:], np.zeros(RATE_HZ)])
    late, shown = 0, []
    for at in range(0, len(wanted) - window, window):
        # Each piece is where the one before it lets one expect it, within 80 ms: nothing is left out or said twice.
        score, off = likeness_at(wanted[at : at + window], sound[at + late : at + late + window + 2 * margin])
        late = max(0, late + off - margin) if score > 0.5 else late
        shown.append((round(score, 2), round(late * 1000 / RATE_HZ)))
    assert sum(score < 0.5 for score, _ in shown) <= 2, shown


def likeness_at(needle: np.ndarray, hay: np.ndarray) -> tuple[float, int]:
    """How much of `needle` is in `hay`, and where."""
    size = 1 << (len(hay) + len(needle)).bit_length()
    product = np.fft.irfft(np.fft.rfft(hay, size) * np.conj(np.fft.rfft(needle, size)), size)
    energy = np.concatenate(([0.0], np.cumsum(hay**2)))
    lags = len(hay) - len(needle) + 1
    norm = np.sqrt(np.maximum(energy[len(needle) :] - energy[:lags], 1e-6) * np.sum(needle**2))
    scores = product[:lags] / norm
    return float(np.max(scores)), int(np.argmax(scores))


async def test_an_interruption_silences_the_page_within_300_ms(page: Page, server: RunningServer) -> None:
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    call.talk()
    await wait_played(page, await played_count(page) + 2 * RATE_HZ)
    cut_at = await played_count(page)
    call.cut()
    await wait_played(page, cut_at + 2 * RATE_HZ)
    sound = np.abs(await played(page))
    assert np.max(sound[cut_at - RATE_HZ // 4 : cut_at]) > 0.01
    last = int(np.flatnonzero(sound > 0.01)[-1])
    assert (last - cut_at) / RATE_HZ < 0.3


async def test_a_page_that_is_kept_off_webrtc_talks_over_its_socket(page: Page, server: RunningServer) -> None:
    await page.goto(f"{server.http_url}/?wire=websocket")
    call = await _talk(page, server)
    await expect(page.get_by_text("WebSocket · round trip")).to_be_visible()
    call.talk()
    await wait_played(page, await played_count(page) + 7 * RATE_HZ)
    assert likeness(samples(SPEECH), await played(page)) > 0.9


async def test_a_lost_peer_connection_gives_the_sound_back(page: Page, server: RunningServer) -> None:
    await page.add_init_script("""
      const Real = RTCPeerConnection;
      window.RTCPeerConnection = class extends Real {
        constructor(...given) { super(...given); window.__peer = this; }
      };
    """)
    await page.reload()
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    await page.evaluate("window.__peer.close()")
    await expect(page.get_by_text("WebSocket · round trip")).to_be_visible()
    call.talk()
    await wait_played(page, await played_count(page) + 7 * RATE_HZ)
    assert likeness(samples(SPEECH), await played(page)) > 0.9
