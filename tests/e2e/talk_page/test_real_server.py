"""Whole calls through the page: espeak-ng speaks into the browser, the embedded models hear and answer."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from server.caller.script import read_script
from server.caller.voice import Voice, VoiceSpec
from tests.support.browser import open_browser, open_page, played
from tests.support.page_caller import PageCaller
from tests.support.sound import RATE_HZ, likeness, samples

ROOT = Path(__file__).parents[3]
VOICE = VoiceSpec("en-us+m3", 150)


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Run the server as a user does, and stop it as a user does."""
    command = (sys.executable, "-m", "server.main", "serve", "--port", "0")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={**os.environ, "DATA_DIR": str(tmp_path)}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if match := re.search(rb"Talk to it: (\S+)", line):
                break
        else:
            pytest.fail("the server did not start")
    async with asyncio.TaskGroup() as tasks:
        # nobody else reads the log; a full pipe would stop the server
        tasks.create_task(process.stdout.read())
        try:
            yield match[1].decode()
        finally:
            process.terminate()
            await process.wait()


@pytest.fixture
async def page(address: str) -> AsyncIterator[Page]:
    async with open_browser() as browser, open_page(browser) as opened:
        await opened.goto(address)
        yield opened


def _caller(page: Page, flow: str) -> PageCaller:
    return PageCaller(page, read_script(ROOT / "examples" / "callers" / f"{flow}.yaml"), Voice(VOICE))


async def _call(page: Page, title: str) -> None:
    await page.get_by_role("radio", name=title).check()
    await page.get_by_role("button", name="Talk", exact=True).click()


@pytest.mark.timeout(180)  # about twelve turns in real time
async def test_an_appointment_is_booked_by_voice_alone(page: Page, address: str) -> None:
    await page.goto(f"{address}?wire=websocket")  # the sound on the wire is compared with what is played
    caller = _caller(page, "appointment-booking")
    await _call(page, "Appointment booking")
    await caller.talk(until=lambda caller: caller.state == "done")
    await expect(page.locator("[data-look=current]")).to_have_attribute("data-state", "done")
    await expect(page.get_by_text("Call ended: completed.")).to_be_visible(timeout=20_000)
    await expect(page.get_by_role("row", name="service")).to_contain_text("haircut")
    await expect(page.get_by_role("row", name="time")).to_contain_text("15:30")
    await expect(page.get_by_role("button", name=re.compile("Turn 1: .* in all"))).to_be_visible()
    greeting = samples(bytes(caller.sound[: 4 * RATE_HZ]))
    assert likeness(greeting, await played(page)) > 0.9
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download recording").click()
    assert (await (await download.value).path()).read_bytes()[:4] == b"RIFF"


async def test_a_form_is_begun_by_voice_and_finished_by_hand(page: Page) -> None:
    caller = _caller(page, "onboarding")
    await _call(page, "Onboarding")
    await expect(page.get_by_role("textbox", name="Full name")).to_be_visible()
    await caller.talk(until=lambda caller: bool(caller.variables.get("full_name")))
    await expect(page.get_by_role("textbox", name="Full name")).to_have_value(re.compile("miller", re.IGNORECASE))
    await page.get_by_role("textbox", name="Phone number").fill("555 123 4567")
    await page.get_by_role("textbox", name="Company size").fill("just me")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Business").click()
    await expect(page.get_by_text("your business account is ready.").first).to_be_visible()
    await expect(page.get_by_text("Call ended: completed.")).to_be_visible(timeout=20_000)
    await expect(page.get_by_role("row", name="plan")).to_contain_text("business")
    await expect(page.get_by_role("row", name="phone")).to_contain_text("555 123 4567")


async def test_a_menu_is_gone_through_by_the_keys_of_a_telephone(page: Page) -> None:
    await _call(page, "The telephone menu of an energy company")
    await page.get_by_role("button", name="Keys").click()
    keys = page.get_by_role("group", name="Telephone keys")
    await keys.get_by_role("button", name="1", exact=True).click()
    await expect(page.locator("[data-look=current]")).to_have_attribute("data-state", "meter", timeout=15_000)
    for key in "12345678":
        await keys.get_by_role("button", name=key, exact=True).click()
    await expect(page.get_by_role("row", name="meter_number")).to_contain_text("12345678", timeout=15_000)
    await page.get_by_role("button", name="Keys").click()
    await expect(keys).to_be_hidden()
