"""Regenerate the pictures of the talk page in `docs/images/`: `python -m tests.e2e.screenshots`.

They show real calls: the real server with its embedded models, and a simulated caller who speaks into the browser.
"""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page

from server.caller.local_server import local_server
from server.caller.script import read_script
from server.caller.voice import Voice, VoiceSpec
from tests.support.browser import open_browser, open_page
from tests.support.page_caller import PageCaller

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 800}
VOICE = VoiceSpec("deep")


async def _shoot(page: Page, name: str) -> None:
    await page.screenshot(path=IMAGES / f"{name}.png", full_page=True, animations="disabled")


async def _to_form(page: Page) -> PageCaller:
    """Call, and give name and number by voice."""
    script = read_script(ROOT / "examples" / "callers" / "onboarding.yaml")
    caller = PageCaller(page, script, Voice(VOICE))
    await page.get_by_role("radio", name="Onboarding").check()
    await page.get_by_role("button", name="Talk", exact=True).click()
    await caller.talk(until=lambda caller: bool(caller.variables.get("phone")))
    await page.get_by_text("large company?").first.wait_for()
    return caller


async def _wide(browser: Browser, address: str, theme: str) -> None:
    async with open_page(browser, viewport=WIDE, color_scheme=theme) as page:
        await page.goto(address)
        await page.get_by_text("Appointment booking").wait_for()
        await _shoot(page, f"talk-idle-{theme}")
        caller = await _to_form(page)
        await _shoot(page, f"talk-form-{theme}")
        await page.get_by_role("textbox", name="Company size").fill("small team")
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_role("button", name="Business").wait_for()
        await _shoot(page, f"talk-options-{theme}")
        await caller.talk(until=lambda caller: caller.state == "done")
        await page.get_by_role("button", name="Talk again").wait_for(timeout=20_000)
        await _shoot(page, f"talk-ended-{theme}")


async def _narrow(browser: Browser, address: str, theme: str) -> None:
    async with open_page(browser, viewport=NARROW, color_scheme=theme) as page:
        await page.goto(address)
        await _to_form(page)
        await _shoot(page, f"talk-narrow-{theme}")


async def _all(address: str) -> None:
    async with open_browser() as browser:
        for theme in ("light", "dark"):
            await _wide(browser, address, theme)
            await _narrow(browser, address, theme)


def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data_dir,
        local_server(ROOT / "examples" / "flows", {"DATA_DIR": data_dir}) as address,
    ):
        asyncio.run(_all(address))


if __name__ == "__main__":
    main()
