"""The talk page over WebRTC, in a real browser, against the real application with echo calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from playwright.async_api import Page, expect

from pipeline.frames.audio import AudioIn, AudioOut
from pipeline.frames.control import Interrupted, UiAction
from pipeline.frames.text import Caption
from pipeline.ports import Frame, Leg
from tests.support.browser import open_browser, open_page, played, played_count, say, wait_played
from tests.support.continuity import continuity
from tests.support.echo_server import RunningServer, running
from tests.support.fake_call import EchoCall, EchoCalls
from tests.support.sound import RATE_HZ, humming, likeness_through_opus, samples
from tests.support.stalling_proxy import StallingProxy
from transports.ports import Call, CallRequest
from transports.pvp.leg import PvpLeg
from transports.pvp.messages import Quality, ServerMessage

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

    def tell(self, message: ServerMessage) -> None:
        """Send the page a message of the transport's; called from the test's thread."""
        assert isinstance(self.leg, PvpLeg)
        self.loop.call_soon_threadsafe(self.leg.outbox.put, message)

    def show(self, text: str) -> None:
        """Say something that is only read; called from the test's thread."""
        self.loop.call_soon_threadsafe(self.leg.send, Caption("shown", "assistant", text))

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


async def _placed(server: RunningServer, before: int = 0) -> Talker:
    async with asyncio.timeout(10):
        while len(server.calls.placed) <= before:  # noqa: ASYNC110  it lives in another thread
            await asyncio.sleep(0.005)
    call = server.calls.placed[-1]
    assert isinstance(call, Talker)
    return call


async def _talk(page: Page, server: RunningServer) -> Talker:
    await page.get_by_role("radio", name="Greeting").check()
    await page.get_by_role("button", name="Talk", exact=True).click()
    await expect(page.get_by_text("This is greet.")).to_be_visible()
    return await _placed(server)


def _heard(call: EchoCall) -> bytes:
    return b"".join(frame.pcm for frame in call.received if isinstance(frame, AudioIn))


async def test_sound_moves_to_webrtc_and_goes_both_ways(page: Page, server: RunningServer) -> None:
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    spoken = humming(2.0, seed=12)
    before = len(_heard(call))
    await say(page, spoken)
    await asyncio.sleep(0.5)
    assert likeness_through_opus(samples(spoken), samples(_heard(call)[before:])) > 0.9
    call.talk()
    await wait_played(page, await played_count(page) + 7 * RATE_HZ)
    assert likeness_through_opus(samples(SPEECH), await played(page)) > 0.9


async def _goes_up(page: Page, server: RunningServer, _proxy: StallingProxy) -> list[str]:
    """The page waits for the bot to be silent; this bot never says that it speaks, so it is switched in mid-word."""
    before = len(server.calls.placed)
    await page.get_by_role("radio", name="Greeting").check()
    await page.get_by_role("button", name="Talk", exact=True).click()
    await expect(page.get_by_role("button", name="Mute")).to_be_visible()
    call = await _placed(server, before)
    spoken = humming(6.0, seed=13)
    call.talk()
    async with asyncio.TaskGroup() as both:
        both.create_task(say(page, spoken))
        await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
        assert call.next_frame * 0.02 < 4, "the switch came while both spoke"
    await asyncio.sleep(0.5)
    made_up_ms = await page.evaluate(_MADE_UP_MS)
    return _holes(spoken, samples(_heard(call))) + _holes(SPEECH, await played(page), made_up_ms)


async def _comes_back(page: Page, server: RunningServer, _proxy: StallingProxy) -> list[str]:
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    before, heard_before = len(_heard(call)), await played_count(page)
    spoken = humming(6.0, seed=14)
    call.talk()
    async with asyncio.TaskGroup() as both:
        both.create_task(say(page, spoken))
        await asyncio.sleep(1.5)
        for _ in range(3):
            call.tell(Quality("webrtc", jitter_ms=80.0, loss=0.4, rtt_ms=600.0, mos=1.2))
        await expect(page.get_by_text("WebSocket · round trip")).to_be_visible()
        assert call.next_frame * 0.02 < 5, "the switch came while both spoke"
    await asyncio.sleep(0.8)
    return _holes(spoken, samples(_heard(call)[before:])) + _holes(SPEECH, (await played(page))[heard_before:])


_DEVICES = """
  const device = (kind, deviceId, label) => ({ kind, deviceId, label });
  navigator.mediaDevices.enumerateDevices = async () => [
    device("audioinput", "default", "Built-in microphone"), device("audioinput", "headset", "Headset"),
    device("audiooutput", "default", "Built-in loudspeaker"),
  ];
"""


async def test_another_microphone_is_heard_from_the_moment_it_is_chosen(page: Page, server: RunningServer) -> None:
    await page.add_init_script(_DEVICES)
    await page.reload()
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    await expect(page.get_by_role("combobox", name="Loudspeaker")).not_to_be_visible()
    await page.get_by_role("combobox", name="Microphone").select_option("Headset")
    await page.wait_for_function("window.__constraints.length === 2")
    asked = await page.evaluate("window.__constraints[1].audio")
    assert asked["deviceId"] == {"exact": "headset"}
    assert asked["echoCancellation"]
    before, spoken = len(_heard(call)), humming(2.0, seed=17)
    await say(page, spoken)
    await asyncio.sleep(0.5)
    assert likeness_through_opus(samples(spoken), samples(_heard(call)[before:])) > 0.9


_TWO_LOUDSPEAKERS = """
  const device = (kind, deviceId, label) => ({ kind, deviceId, label });
  navigator.mediaDevices.enumerateDevices = async () => [
    device("audioinput", "default", "Built-in microphone"),
    device("audiooutput", "default", "Built-in loudspeaker"), device("audiooutput", "kitchen", "Kitchen"),
  ];
  window.__sinks = [];
  AudioContext.prototype.setSinkId = async (id) => void window.__sinks.push(id);
"""


async def test_another_loudspeaker_is_chosen_and_the_sound_goes_on(page: Page, server: RunningServer) -> None:
    await page.add_init_script(_TWO_LOUDSPEAKERS)
    await page.reload()
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    await page.get_by_role("combobox", name="Loudspeaker").select_option("Kitchen")
    await page.wait_for_function("window.__sinks.length === 1")
    assert await page.evaluate("window.__sinks") == ["kitchen"]
    heard_before = await played_count(page)
    call.talk()
    await wait_played(page, heard_before + 7 * RATE_HZ)
    assert likeness_through_opus(samples(SPEECH), (await played(page))[heard_before:]) > 0.9


@pytest.mark.parametrize("wire", ["websocket", "webrtc"])
async def test_a_socket_that_breaks_is_dialled_again_and_the_call_goes_on(
    page: Page, server: RunningServer, wire: str
) -> None:
    async with StallingProxy(server.port).running() as proxy:
        await page.goto(f"http://127.0.0.1:{proxy.own_port}/?wire={wire}")
        call = await _talk(page, server)
        shown = "WebSocket · round trip" if wire == "websocket" else "WebRTC · round trip"
        await expect(page.get_by_text(shown)).to_be_visible()
        proxy.break_all()
        await asyncio.sleep(0.2)
        call.show("Said while the socket was away.")
        await expect(page.get_by_text("Said while the socket was away.")).to_be_visible(timeout=5_000)
        await asyncio.sleep(2)
        await expect(page.get_by_text(shown)).to_be_visible()
        before, heard_before = len(_heard(call)), await played_count(page)
        spoken = humming(2.0, seed=15)
        call.talk()
        await say(page, spoken)
        await wait_played(page, heard_before + 7 * RATE_HZ)
        assert likeness_through_opus(samples(spoken), samples(_heard(call)[before:])) > 0.9
        assert likeness_through_opus(samples(SPEECH), (await played(page))[heard_before:]) > 0.9
        await page.get_by_role("button", name="End call").click()
    assert len(server.calls.placed) == 1


async def _stays(page: Page, server: RunningServer, proxy: StallingProxy) -> list[str]:
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    before, heard_before = len(_heard(call)), await played_count(page)
    spoken = humming(6.0, seed=16)
    call.talk()
    async with asyncio.TaskGroup() as both:
        both.create_task(say(page, spoken))
        await asyncio.sleep(1.5)
        proxy.break_all()  # it is dialled again a second later
    await asyncio.sleep(0.8)
    heard, made_up_ms = (await played(page))[heard_before:], await page.evaluate(_MADE_UP_MS)
    return _holes(spoken, samples(_heard(call)[before:])) + _holes(SPEECH, heard, made_up_ms)


_KEEP_PEER = """
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...given) { super(...given); window.__peer = this; }
  };
"""
_MADE_UP_MS = """async () => {
  let samples = 0;
  for (const report of (await window.__peer.getStats()).values()) {
    if (report.type !== "inbound-rtp") continue;
    samples += report.concealedSamples - report.silentConcealedSamples;
    samples += report.removedSamplesForAcceleration + report.insertedSamplesForDeceleration;
  }
  return samples / 48;
}"""


def _holes(spoken: bytes, heard: npt.NDArray[np.float64], made_up_ms: float = 0.0) -> list[str]:
    """Tell where more than 60 ms are missing, or there twice.

    Args:
        spoken: What was said, int16.
        heard: What was heard.
        made_up_ms: What the browser had to stretch or make up because it got its time, or a packet, late.
    """
    found = continuity(samples(spoken), heard)
    is_whole = found.lost_ms <= 60 + made_up_ms and found.repeated_ms <= 60
    return [] if is_whole else [f"{found}, {made_up_ms:.0f} ms made up"]


@pytest.mark.parametrize("scene", [_goes_up, _comes_back, _stays])
async def test_a_change_of_wires_in_mid_word_loses_and_repeats_nothing(
    page: Page, server: RunningServer, scene: Callable[[Page, RunningServer, StallingProxy], Awaitable[list[str]]]
) -> None:
    """A machine that gives the browser no time makes holes of its own: of three calls, one has to be whole."""
    await page.add_init_script(_KEEP_PEER)
    async with StallingProxy(server.port).running() as proxy:
        for _ in range(3):
            await page.goto(f"http://127.0.0.1:{proxy.own_port}/")
            holes = await scene(page, server, proxy)
            if not holes:
                break
        await page.goto(server.http_url)
    assert holes == []


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
    assert likeness_through_opus(samples(SPEECH), await played(page)) > 0.9


async def test_a_lost_peer_connection_gives_the_sound_back(page: Page, server: RunningServer) -> None:
    await page.add_init_script(_KEEP_PEER)
    await page.reload()
    call = await _talk(page, server)
    await expect(page.get_by_text("WebRTC · round trip")).to_be_visible()
    await page.evaluate("window.__peer.close()")
    await expect(page.get_by_text("WebSocket · round trip")).to_be_visible()
    call.talk()
    await wait_played(page, await played_count(page) + 7 * RATE_HZ)
    assert likeness_through_opus(samples(SPEECH), await played(page)) > 0.9
