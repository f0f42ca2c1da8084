"""The example client, as its README starts it: a page of sixty lines talks to a server of this machine."""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from server.caller.local_server import local_server
from server.caller.voice import Voice, VoiceSpec
from tests.support.browser import open_browser, open_page, say

ROOT = Path(__file__).parents[3]
NODE = shutil.which("node") or str(ROOT / ".tools" / "bin" / "node")

pytestmark = pytest.mark.timeout(180)


@asynccontextmanager
async def _client(server: str) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    vite = ROOT / "web" / "node_modules" / "vite" / "bin" / "vite.js"
    command = (NODE, str(vite), str(ROOT / "examples" / "clients" / "minimal"), "--port", port, "--strictPort")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT / "web", env=os.environ | {"ANTIPHON_URL": server}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while b"ready" not in (line := await process.stdout.readline()):
                assert line, "vite did not start"
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        await process.wait()


async def test_the_example_client_talks_over_webrtc_shows_what_is_said_and_hangs_up() -> None:
    with local_server() as server:
        async with _client(server) as address, open_browser() as browser, open_page(browser) as page:
            problems: list[str] = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            await page.goto(address)
            await page.get_by_role("button", name="Talk").click()
            await expect(page.get_by_text("connected over webrtc")).to_be_visible(timeout=20_000)
            lines = page.get_by_role("listitem")
            await expect(lines.filter(has_text="assistant:").first).to_be_visible(timeout=10_000)
            await asyncio.sleep(1)
            for line in ("I would give it a four.", "Four, please.", "Four."):  # again, if a busy machine missed it
                await page.wait_for_function("document.querySelector('#level').value < 0.02")
                await asyncio.sleep(3)
                await say(page, Voice(VoiceSpec("en-us+m3", 150)).sound_of(line).tobytes())
                await asyncio.sleep(3)
                if await lines.filter(has_text="user:").count():
                    break
            await expect(lines.filter(has_text="user:").first).to_contain_text(re.compile("four|4", re.IGNORECASE))
            await page.get_by_role("button", name="Hang up").click()
            await expect(page.get_by_role("button", name="Talk")).to_be_visible()
            await expect(page.locator("#state")).to_have_text("over")
            assert problems == []
