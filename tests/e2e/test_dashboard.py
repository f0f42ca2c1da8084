"""The page of an account (`/ui`) in a real browser, from sign-up to a session that was talked; and `/docs`."""

import json
import os
import re
import sys
from asyncio import create_subprocess_exec, subprocess, timeout
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect
from websockets.asyncio.client import connect

from tests.support.accessibility import flaws
from tests.support.browser import open_browser, open_page

_BROKEN = "id: chat\ninitial_state: nowhere\nstates:\n  hello:\n    say: Hello.\n"
_FLOW = """\
id: chat
initial_state: hello
states:
  hello:
    say: Hello. Nice to meet you.
    transitions: {on_ui_event: {end: __end__}}
"""


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Run a server whose models answer at once."""
    own = {"DATABASE_URL": f"sqlite:///{tmp_path}/town.db", "DATA_DIR": str(tmp_path), "LOG_LEVEL": "error"}
    process = await create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.control.node"), stdout=subprocess.PIPE, env=os.environ | own
    )
    try:
        assert process.stdout is not None
        async with timeout(60):
            port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with open_browser() as browser, open_page(browser) as page:
        page.set_default_timeout(15_000)
        yield page


async def _talk(address: str, key: str, flow_id: str) -> None:
    """Start a session as a program does, hear the greeting, end it."""
    async with httpx.AsyncClient(base_url=address, headers={"X-Prepatu-Key": key}) as http:
        made = await http.post("/v1/sessions", json={"flow_id": flow_id, "metadata": {"order": "17"}})
    async with connect(made.json()["ws_url"]) as ws, timeout(15):
        async for message in ws:
            if isinstance(message, str) and json.loads(message).get("status") == "listening":
                break
        await ws.send(json.dumps({"type": "ui_event", "action": "end"}))
        async for message in ws:
            if isinstance(message, str) and json.loads(message).get("type") == "flow_end":
                break


async def test_an_account_from_sign_up_to_a_session_that_was_talked(address: str, page: Page) -> None:
    await page.goto(f"{address}/ui#/login")
    assert await flaws(page) == []
    await page.get_by_role("button", name="Create an account").click()
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_label("Password").fill("correct horse")
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sessions")

    await page.get_by_role("link", name="Flows").click()
    await page.get_by_label("Name").fill("Chat")
    await page.get_by_label("Document (YAML)").fill(_BROKEN)
    await page.get_by_role("button", name="Check and upload").click()
    await expect(page.get_by_role("list", name="Findings")).to_contain_text("nowhere")
    assert await flaws(page) == []
    await page.get_by_label("Document (YAML)").fill(_FLOW)
    await page.get_by_role("button", name="Check and upload").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Chat")
    flow_id = page.url.rpartition("/")[2]

    document = page.get_by_label("Document (YAML)")
    await document.fill(_FLOW.replace("Hello.", "Hi."))
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Version 2", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Changes").click()
    await expect(page.get_by_label("What changed")).to_contain_text("+    say: Hi.")
    assert await flaws(page) == []
    await page.get_by_role("button", name="Restore version 1").click()
    await expect(page.get_by_text("Version 3", exact=True)).to_be_visible()
    await expect(document).to_have_value(_FLOW)

    await page.get_by_role("link", name="API keys").click()
    await page.get_by_label("Name").fill("my-app")
    await page.get_by_role("button", name="Make key").click()
    made = page.get_by_role("region", name="Your new key")
    key = await made.locator("code").inner_text()
    assert await flaws(page) == []
    await made.get_by_role("button", name="I have it").click()
    await expect(page.get_by_text(key)).to_have_count(0)

    await _talk(address, key, flow_id)
    await page.get_by_role("link", name="Sessions").click()
    await page.get_by_role("link", name="Chat").click()
    await expect(page.get_by_label("Captions")).to_contain_text("Nice to meet you")
    await expect(page.get_by_text("$0.03")).to_be_visible()
    assert await flaws(page) == []

    await page.get_by_role("link", name="Credits").click()
    await expect(page.get_by_text("$1.97").first).to_be_visible()
    await expect(page.get_by_text("Call charged")).to_be_visible()
    assert await flaws(page) == []

    await page.get_by_role("link", name="API keys").click()
    await page.get_by_role("button", name="Revoke").click()
    await page.get_by_role("button", name="Revoke it for good").click()
    await expect(page.get_by_text("Revoked", exact=True)).to_be_visible()

    await page.get_by_role("button", name="Log out").click()
    await page.goto(f"{address}/ui#/login")
    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_label("Password").fill("wrong horse")
    await page.get_by_role("button", name="Log in", exact=True).click()
    await expect(page.get_by_role("alert")).to_have_text("Invalid credentials")


async def test_who_comes_back_from_elsewhere_is_logged_in_and_the_token_leaves_the_address(
    address: str, page: Page
) -> None:
    async with httpx.AsyncClient(base_url=address) as http:
        made = await http.post("/auth/signup", json={"email": "ada@example.com", "password": "correct horse"})
    await page.goto(f"{address}/ui#oauth_token={made.json()['access_token']}")
    await expect(page.get_by_role("button", name="Log out")).to_be_visible()
    assert page.url == f"{address}/ui"
    await page.reload()
    await expect(page.get_by_role("button", name="Log out")).to_be_visible()


async def test_the_reference_shows_all_operations_and_asks_nobody_else(address: str, page: Page) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(re.sub(r"(://[^/]+).*", r"\1", request.url)))
    await page.goto(f"{address}/docs")
    await page.get_by_label("Search").fill("post /v1/sessions")
    operation = page.get_by_role("listitem").filter(has_text="Start Session")
    await operation.locator("summary").click()
    await expect(operation.get_by_label("Type of the answer 200")).to_contain_text("session_token: string;")
    await expect(operation.get_by_label("Type of the body")).to_contain_text("flow_id?: string | null;")
    assert await flaws(page) == []
    assert asked == {address}
