"""A whole conversation over WebRTC, browser and server in two namespaces, with a bad network between them."""

import asyncio
import json
import os
import re
import shlex
import statistics
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from server.caller.script import read_script
from server.caller.voice import Voice, VoiceSpec
from tests.support.bad_network import BadNetwork, bad_network
from tests.support.browser import CHROMIUM, open_browser, open_page
from tests.support.page_caller import PageCaller

ROOT = Path(__file__).parents[3]
PORT = 8000
LOSS, LEAST_S, MOST_S = 0.05, 0.04, 0.08


@pytest.fixture
def network() -> Iterator[BadNetwork]:
    with bad_network(seed=5) as made:
        yield made


@pytest.fixture
async def address(network: BadNetwork, tmp_path: Path) -> AsyncIterator[str]:
    """Run the server in the far namespace."""
    command = network.far_command(sys.executable, "-m", "server.main", "serve", "--host", network.far_address)
    env = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "OPEN_TO_ALL": "true", "PORT": str(PORT)}
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=env, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if re.search(rb"Talk to it: ", line):
                break
        else:
            pytest.fail("the server did not start")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(process.stdout.read())
        try:
            yield f"http://{network.far_address}:{PORT}"
        finally:
            process.terminate()
            await process.wait()


def _browser_in(network: BadNetwork, folder: Path) -> str:
    """Write the script that starts Chromium in the near namespace."""
    script = folder / "chromium"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(network.near_command(CHROMIUM))} "$@"\n')
    script.chmod(0o755)
    return str(script)


@pytest.mark.timeout(240)  # some eight turns in real time
async def test_a_conversation_completes_and_its_quality_is_reported(
    network: BadNetwork, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [f"--unsafely-treat-insecure-origin-as-secure={address}"]
    async with open_browser(_browser_in(network, tmp_path), flags) as browser, open_page(browser) as page:
        await page.goto(address)
        caller = PageCaller(page, read_script(ROOT / "examples" / "callers" / "survey.yaml"), Voice(VoiceSpec()))
        network.go_bad(LOSS, LEAST_S, MOST_S)
        await page.get_by_role("radio", name=re.compile("survey", re.IGNORECASE)).check()
        await page.get_by_role("button", name="Talk", exact=True).click()
        await expect(page.get_by_text("WebRTC · round trip")).to_be_visible(timeout=20_000)
        await caller.talk(until=lambda caller: caller.state == "thanks")
        await expect(page.get_by_text("Call ended: completed.")).to_be_visible(timeout=30_000)
        await expect(page.get_by_role("row", name="rating")).to_contain_text("4")
    [record] = [json.loads(file.read_text()) for file in (tmp_path / "data" / "calls").rglob("*.json")]
    [leg] = [leg for leg in record["legs"] if leg["wire"] == "webrtc"]
    waits_ms = [turn["gap_ms"] for turn in record["turns"] if turn["gap_ms"] is not None]
    with capsys.disabled():
        print(f"\n  opinion {leg['mos']:.1f}, {leg}, answers after {statistics.median(waits_ms):.0f} ms")  # noqa: T201  to be read
    assert network.counts["lost"] > 0.03 * network.counts["carried"]
    assert leg["seconds"] > 0.7 * record["duration_s"]
    assert 90 < leg["rtt_ms"] < 400
    assert 0.02 < leg["loss"] < 0.2
    assert leg["jitter_ms"] > 3
    assert 2 < leg["mos"] < 4.2
