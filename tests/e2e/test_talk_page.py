"""The talk page in a real browser, against a scripted PVP server on loopback."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, expect

from tests.support.accessibility import flaws
from tests.support.browser import open_browser, open_page, played, played_count, say, wait_played
from tests.support.pvp_script_server import ScriptedCall, ScriptServer, script_server
from tests.support.sound import RATE_HZ, likeness, noise, samples

STATIC = Path(__file__).parents[2] / "server" / "static"
GREETING = noise(1.2, seed=1)


@pytest.fixture
async def server() -> AsyncIterator[ScriptServer]:
    assert (STATIC / "index.html").exists(), "the talk page is not built: run `make web`"
    async with script_server(STATIC, GREETING, extra_flows=("full", "missing")) as script:
        yield script


@pytest.fixture
async def page(server: ScriptServer) -> AsyncIterator[Page]:
    async with open_browser() as browser, open_page(browser) as opened:
        await opened.goto(server.url)
        yield opened


async def _talk(page: Page, server: ScriptServer) -> ScriptedCall:
    await page.get_by_role("button", name="Talk", exact=True).click()
    call = await server.call()
    await expect(page.get_by_text("Welcome. What is your name?")).to_be_visible()
    return call


async def test_the_page_lists_the_flows_and_draws_the_chosen_one(page: Page) -> None:
    await expect(page.get_by_role("radio")).to_have_count(5)
    await expect(page.get_by_role("radio", name="Onboarding")).to_be_checked()
    await expect(page.locator("[data-state]")).to_have_count(4)
    await page.get_by_text("Survey").click()
    await expect(page.get_by_text("antiphon call --flow survey")).to_be_visible()


async def test_the_page_asks_nobody_but_its_own_server(page: Page, server: ScriptServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await _talk(page, server)
    assert asked
    assert [url for url in asked if not url.startswith((server.url, f"blob:{server.url}", "data:"))] == []


async def test_the_server_hears_what_is_said_in_frames_of_20_ms(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    spoken = noise(1.5, seed=2)
    await call.heard(0.3)
    await say(page, spoken)
    await call.heard(len(call.sound) / 2 / RATE_HZ + 0.5)
    assert call.frame_sizes == {640}
    assert likeness(samples(spoken), samples(bytes(call.sound))) > 0.9
    assert (await call.message("config")) == {"type": "config", "sample_rate": 16000, "channels": 1}
    constraints = await page.evaluate("window.__constraints[0].audio.echoCancellation")
    assert constraints is True


async def test_the_page_plays_what_the_server_sends(page: Page, server: ScriptServer) -> None:
    await _talk(page, server)
    await wait_played(page, await played_count(page) + 2 * RATE_HZ)
    assert likeness(samples(GREETING), await played(page)) > 0.9


async def test_a_mute_microphone_sends_silence(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await page.get_by_role("button", name="Mute").click()
    await expect(page.get_by_text("You are muted").or_(page.get_by_text("Assistant is speaking"))).to_be_visible()
    await call.heard(len(call.sound) / 2 / RATE_HZ + 0.3)
    muted_from = len(call.sound)
    await say(page, noise(0.8, seed=3))
    await call.heard(muted_from / 2 / RATE_HZ + 0.8)
    assert not np.any(samples(bytes(call.sound[muted_from:])))


async def test_an_interruption_silences_the_page_within_150_ms(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await wait_played(page, await played_count(page) + 2 * RATE_HZ)
    await call.burst(noise(4.0, seed=4))
    before = await played_count(page)
    await wait_played(page, before + RATE_HZ // 2)
    interrupted_at = await played_count(page)
    await call.send("interrupted", generation=1)
    await wait_played(page, interrupted_at + 2 * RATE_HZ)
    sound = await played(page)
    assert np.any(sound[interrupted_at - RATE_HZ // 4 : interrupted_at])
    last_sound = int(np.flatnonzero(np.abs(sound) > 1e-4)[-1])
    assert last_sound - interrupted_at < 0.15 * RATE_HZ


async def test_a_form_filled_by_hand_is_submitted_with_its_values(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await page.get_by_role("textbox", name="Full name").fill("Ada Lovelace")
    await page.get_by_role("textbox", name="E-mail").fill("ada@example.org")
    await page.get_by_role("spinbutton", name="Seats").fill("4")
    await page.get_by_role("button", name="Submit").click()
    event = await call.message("ui_event")
    assert event["action"] == "form_submit"
    assert event["data"] == {"full_name": "Ada Lovelace", "email": "ada@example.org", "seats": 4}
    await page.get_by_role("button", name="Team").click()
    event = await call.message("ui_event", count=2)
    assert (event["action"], event["data"]) == ("option_select", {"selected_id": "team"})
    await expect(page.get_by_text("Billed monthly")).to_be_visible()


async def test_a_form_with_gaps_names_them_and_stays(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await page.get_by_role("textbox", name="E-mail").fill("ada@example.org")
    await page.get_by_role("button", name="Submit").click()
    event = await call.message("ui_event")
    assert (event["action"], event["data"]) == ("form_validation_error", {"missing_fields": "full_name"})
    await expect(page.get_by_role("textbox", name="Full name")).to_be_focused()
    await expect(page.get_by_text("Please fill this in.")).to_be_visible()


async def test_what_is_said_appears_in_the_form(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await call.fill("email", "ada@example.org")
    await expect(page.get_by_role("textbox", name="E-mail")).to_have_value("ada@example.org")
    await expect(page.get_by_role("row", name="email")).to_contain_text("ada@example.org")


async def test_captions_turn_from_partial_to_final_and_show_interruptions(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await call.send("transcript", id="u1", role="user", text="My na", is_final=False)
    await expect(page.locator("li[data-final=false]")).to_contain_text("My na")
    await call.send("transcript", id="u1", role="user", text="My name is Ada", is_final=True)
    await expect(page.locator("li[data-final=false]")).to_have_count(0)
    await expect(page.get_by_text("My name is Ada")).to_be_visible()
    await call.send("transcript", id="b1", role="assistant", text="Thank", is_final=True, interrupted=True)
    await expect(page.get_by_text("Thank — interrupted")).to_be_visible()


async def test_the_graph_lights_the_state_and_the_way_to_it(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await expect(page.locator("[data-look=current]")).to_have_attribute("data-state", "details")
    await call.enter("choose_plan")
    await expect(page.locator("[data-look=current]")).to_have_attribute("data-state", "choose_plan")
    await expect(page.locator("[data-look=visited]")).to_have_attribute("data-state", "details")


async def test_a_turn_shows_where_its_time_went(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    spans = [{"name": "endpoint", "start_ms": 0, "end_ms": 200}, {"name": "stt", "start_ms": 200, "end_ms": 310}]
    await call.send("waterfall", turn=1, gap_ms=420, spans=spans)
    row = page.get_by_role("button", name="Turn 1: 420 ms in all. Silence noticed 200 ms, Speech to text 110 ms.")
    await expect(row).to_be_visible()
    await expect(page.get_by_text("median 420 ms")).to_be_visible()


async def test_the_whole_call_can_be_made_from_the_keyboard(page: Page, server: ScriptServer) -> None:
    await expect(page.get_by_role("radio", name="Onboarding")).to_be_checked()

    async def tab_to(role: str, name: str) -> None:
        target = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        for _ in range(30):
            if await target.evaluate("element => element === document.activeElement"):
                return
            await page.keyboard.press("Tab")
        pytest.fail(f"Tab does not reach {name}")

    await tab_to("button", "Talk")
    await page.keyboard.press("Enter")
    call = await server.call()
    await tab_to("textbox", "Full name (required)")
    await page.keyboard.type("Ada")
    await tab_to("textbox", "E-mail (required)")
    await page.keyboard.type("ada@example.org")
    await page.keyboard.press("Enter")
    assert (await call.message("ui_event"))["action"] == "form_submit"
    await page.get_by_role("button", name="Team").focus()
    await page.keyboard.press("Space")
    await call.message("ui_event", count=2)
    await tab_to("button", "End call")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Talk again")).to_be_focused()


async def test_the_recording_can_be_downloaded_after_the_call(page: Page, server: ScriptServer) -> None:
    await _talk(page, server)
    await page.get_by_role("button", name="End call").click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download recording").click()
    saved = await (await download.value).path()
    assert saved.read_bytes()[:4] == b"RIFF"
    assert (await download.value).suggested_filename == "call-0190-test.wav"


async def test_a_finished_flow_ends_the_call_and_keeps_what_was_collected(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await call.enter("confirm")
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("Call ended: completed.")).to_be_visible()
    await expect(page.get_by_role("table")).to_be_visible()


@pytest.mark.parametrize(
    ("flow", "title"), [("full", "All lines are busy"), ("missing", "This flow is not on the server")]
)
async def test_a_refusal_is_told_in_plain_words(page: Page, flow: str, title: str) -> None:
    await page.get_by_role("radio", name=flow.capitalize()).check()
    await page.get_by_role("button", name="Talk", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text(title)


async def test_a_blocked_microphone_is_explained_and_no_call_is_made(page: Page, server: ScriptServer) -> None:
    await page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    await page.get_by_role("button", name="Talk", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("set Microphone to Allow")
    assert server.calls == []


async def test_a_lost_connection_can_be_called_again(page: Page, server: ScriptServer) -> None:
    call = await _talk(page, server)
    await call.drop()
    await expect(page.get_by_role("alert")).to_contain_text("Connection lost")
    await page.get_by_role("button", name="Reconnect").click()
    await server.call(count=2)
    await expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_control_has_a_name_and_every_text_contrast(page: Page, server: ScriptServer, theme: str) -> None:
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    await expect(page.get_by_role("radio")).to_have_count(5)

    assert await flaws(page) == []
    call = await _talk(page, server)
    await call.send("transcript", id="u1", role="user", text="My na", is_final=False)
    await call.send("waterfall", turn=1, gap_ms=9, spans=[{"name": "stt", "start_ms": 0, "end_ms": 9}])
    await expect(page.get_by_text("My na")).to_be_visible()
    for state in ("details", "choose_plan", "confirm"):
        await call.enter(state)
        await expect(page.locator(f"[data-state={state}]")).to_have_attribute("data-look", "current")
        assert await flaws(page) == []
    await page.get_by_role("button", name="End call").click()
    await expect(page.get_by_role("button", name="Talk again")).to_be_visible()
    assert await flaws(page) == []


async def test_the_page_fits_a_narrow_phone(page: Page, server: ScriptServer) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await _talk(page, server)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_the_chosen_theme_survives_a_reload(page: Page) -> None:
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("button", name="Use the dark theme").click()
    await page.reload()
    await expect(page.get_by_role("button", name="Use the light theme")).to_be_visible()
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
