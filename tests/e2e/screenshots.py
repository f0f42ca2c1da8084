"""Regenerate the pictures of the talk page in `docs/images/`: `python -m tests.e2e.screenshots`."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.support.browser import open_browser, open_page
from tests.support.pvp_script_server import ScriptedCall, ScriptServer, script_server
from tests.support.sound import noise

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
STATIC = ROOT / "server" / "static"
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 800}


async def _settle(page: Page) -> None:
    """Let animations end, so that two runs give the same picture."""
    await page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")


async def _shoot(page: Page, name: str) -> None:
    await _settle(page)
    await page.screenshot(path=IMAGES / f"{name}.png", full_page=True)


async def _exchange(call: ScriptedCall, turn: int, said: str, answer: str) -> None:
    """One spoken turn with a plausible waterfall."""
    await call.send("transcript", id=f"user-{turn}", role="user", text=said, is_final=True)
    late = 40 * (turn % 3)
    ends = {"endpoint": 220, "stt": 330 + late, "flow": 332 + late, "tts": 415 + late, "playout": 440 + late}
    spans, start = [], 0
    for name, end in ends.items():
        spans.append({"name": name, "start_ms": start, "end_ms": end})
        start = end
    await call.send("waterfall", turn=turn, gap_ms=start, spans=spans)
    await call.speak(answer, noise(0.4, seed=turn))


async def _to_form(page: Page, server: ScriptServer, count: int) -> ScriptedCall:
    await page.goto(server.url)
    await page.get_by_role("button", name="Talk", exact=True).click()
    call = await server.call(count)
    await page.get_by_text("Response time").wait_for()
    await _exchange(call, 1, "My name is Ada Lovelace.", "Thank you, Ada. And your e-mail?")
    await call.fill("full_name", "Ada Lovelace")
    await _exchange(call, 2, "ada at example dot org", "Got it. How many seats do you need?")
    await call.fill("email", "ada@example.org")
    await call.send("transcript", id="user-3", role="user", text="I think about", is_final=False)
    return call


async def _call_pictures(browser: Browser, server: ScriptServer, theme: str, count: int) -> None:
    async with open_page(browser, viewport=WIDE, color_scheme=theme) as page:
        await page.goto(server.url)
        await page.get_by_text("Appointment booking").wait_for()
        await _shoot(page, f"talk-idle-{theme}")
        call = await _to_form(page, server, count)
        await page.get_by_role("textbox", name="E-mail").wait_for()
        await page.wait_for_function("document.body.innerText.includes('I think about')")
        await _shoot(page, f"talk-form-{theme}")
        await page.get_by_role("spinbutton", name="Seats").fill("4")
        await page.get_by_role("button", name="Submit").click()
        await call.message("ui_event")
        await _exchange(call, 3, "I think about four.", "Starter or Team: which plan would you like?")
        await page.get_by_role("button", name="Team").wait_for()
        await _shoot(page, f"talk-options-{theme}")
        await page.get_by_role("button", name="Team").click()
        await page.get_by_text("Billed monthly").wait_for()
        await _shoot(page, f"talk-card-{theme}")
        await page.get_by_role("button", name="Confirm").click()
        await page.get_by_role("button", name="Talk again").wait_for()
        await _shoot(page, f"talk-ended-{theme}")


async def _narrow_picture(browser: Browser, server: ScriptServer, theme: str, count: int) -> None:
    async with open_page(browser, viewport=NARROW, color_scheme=theme) as page:
        await _to_form(page, server, count)
        await page.wait_for_function("document.body.innerText.includes('I think about')")
        await _shoot(page, f"talk-narrow-{theme}")


async def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with script_server(STATIC, noise(0.6, seed=1)) as server, open_browser() as browser:
        await _call_pictures(browser, server, "light", 1)
        await _call_pictures(browser, server, "dark", 2)
        await _narrow_picture(browser, server, "light", 3)
        await _narrow_picture(browser, server, "dark", 4)


if __name__ == "__main__":
    asyncio.run(main())
