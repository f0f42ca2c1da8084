"""Log-in by Google and GitHub, with a server that speaks as they do."""

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from control_api.accounts.oauth import OAuthProvider, github, google
from tests.support.control_lab import Lab, opened_lab
from tests.support.databases import sqlite_template
from tests.support.postbox import PUBLIC_URL
from tests.support.vendors.identity import CLIENT_ID, CLIENT_SECRET, IdentityServer

__all__ = ["sqlite_template"]

NAMES = ("google", "github")
_MAKE: dict[str, Callable[[str, str, str], OAuthProvider]] = {"google": google, "github": github}


@dataclass
class Door:
    """A server, who says who people are, and a browser at the server's public address."""

    lab: Lab
    identity: IdentityServer
    browser: httpx.AsyncClient

    async def go(self, name: str) -> str:
        """Go to a provider; return the address that it sends one back to."""
        away = await self.browser.get(f"/auth/oauth/{name}")
        assert away.status_code == 307, away.text
        async with httpx.AsyncClient() as http:
            back = await http.get(away.headers["location"])
        assert back.status_code == 302, back.text
        return back.headers["location"].removeprefix(PUBLIC_URL)

    async def log_in(self, name: str) -> dict[str, str]:
        """Go there and come back; return the headers of who is in."""
        answer = await self.browser.get(await self.go(name))
        assert answer.status_code == 302, answer.text
        page, _, fragment = answer.headers["location"].partition("#")
        assert page == "https://app.example.com/ui"
        assert urlsplit(answer.headers["location"]).query == ""
        return {"Authorization": f"Bearer {fragment.removeprefix('oauth_token=')}"}

    async def account(self, headers: dict[str, str]) -> str:
        """Return what an account can be told by: a flow is made for the first who asks."""
        listed = (await self.lab.http.get("/v1/flows", headers=headers)).json()
        if not listed:
            body = {"name": "Mine", "yaml_content": "id: a\ninitial_state: b\nstates: {b: {say: Hi.}}\n"}
            listed = [(await self.lab.http.post("/v1/flows", json=body, headers=headers)).json()]
        return str(listed[0]["id"])


@pytest.fixture
async def door(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Door]:
    """Set up both providers."""
    file = shutil.copy(sqlite_template, tmp_path / "door.db")
    async with IdentityServer().running() as identity:
        providers = {name: make(CLIENT_ID, CLIENT_SECRET, identity.url) for name, make in _MAKE.items()}
        async with opened_lab(f"sqlite:///{file}", providers=providers) as lab:
            transport = httpx.ASGITransport(lab.app, client=("203.0.113.7", 40_000))
            async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as browser:
                yield Door(lab, identity, browser)


@pytest.mark.parametrize("name", NAMES)
async def test_a_newcomer_gets_an_account_and_comes_back_to_it(door: Door, name: str) -> None:
    mine = await door.account(await door.log_in(name))
    assert len(door.lab.signups) == 1
    assert await door.account(await door.log_in(name)) == mine
    assert len(door.lab.signups) == 1


async def test_both_lead_to_the_account_of_one_address_also_when_it_changes_there(door: Door) -> None:
    mine = await door.account(await door.log_in("google"))
    assert await door.account(await door.log_in("github")) == mine
    door.identity.person["email"] = "ada@elsewhere.example"
    assert await door.account(await door.log_in("google")) == mine


async def test_a_ticket_is_bound_to_the_browser_and_used_once(door: Door) -> None:
    path = await door.go("google")
    cookie = door.browser.cookies["antiphon_oauth"]
    door.browser.cookies.clear()
    stranger = await door.browser.get(path)
    assert (stranger.status_code, stranger.json()) == (400, {"detail": "Invalid OAuth state"})
    ticket = {"Cookie": f"antiphon_oauth={cookie}"}
    taken = await door.browser.get(path, headers=ticket)
    assert taken.status_code == 302
    assert 'antiphon_oauth=""' in taken.headers["set-cookie"]
    again = await door.browser.get(path, headers=ticket)
    assert again.status_code == 502, "the provider takes a code once"


async def test_the_ticket_is_kept_from_scripts_and_other_sites(door: Door) -> None:
    answer = await door.browser.get("/auth/oauth/google")
    flags = answer.headers["set-cookie"].lower().split("; ")
    assert {"httponly", "secure", "samesite=lax", "path=/auth/oauth", "max-age=600"} <= set(flags)


async def test_a_ticket_runs_out(door: Door) -> None:
    path = await door.go("google")
    door.lab.clock.passed_s = 600
    assert (await door.browser.get(path)).json() == {"detail": "Invalid OAuth state"}


async def test_the_ticket_of_one_provider_is_not_good_for_another(door: Door) -> None:
    path = await door.go("google")
    assert (await door.browser.get(path.replace("google", "github"))).status_code == 400


async def test_who_is_not_let_in_there_is_told(door: Door) -> None:
    path = await door.go("google")
    state = path.rpartition("state=")[2]
    answer = await door.browser.get(f"/auth/oauth/google/callback?error=access_denied&state={state}")
    assert (answer.status_code, answer.json()) == (400, {"detail": "Google did not log you in"})


async def test_an_address_that_is_not_checked_there_lets_nobody_in(door: Door) -> None:
    door.identity.person["email_verified"] = False
    door.identity.emails[1]["verified"] = False
    for name in NAMES:
        answer = await door.browser.get(await door.go(name))
        assert answer.status_code == 400
        assert "no verified e-mail address" in answer.json()["detail"]
    assert door.lab.signups == []


@pytest.mark.parametrize("name", NAMES)
async def test_a_provider_that_refuses_the_code_or_is_away_is_a_bad_gateway(door: Door, name: str) -> None:
    door.identity.refuses = True
    assert (await door.browser.get(await door.go(name))).status_code == 502


async def test_somebody_unproven_who_holds_the_address_is_put_out(door: Door) -> None:
    stranger = await door.lab.sign_up()
    door.lab.clock.passed_s = 1
    assert (await door.lab.http.get("/v1/flows", headers=await door.log_in("google"))).status_code == 200
    assert (await door.lab.http.get("/v1/flows", headers=stranger)).status_code == 401
