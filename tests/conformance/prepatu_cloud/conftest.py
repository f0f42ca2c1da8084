"""Two accounts: Ada's with a flow, a key and a session's worth of everything, and Bob's with nothing."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from control_api.accounts.oauth import github, google
from tests.support.control_lab import Lab, Settled, opened_lab, settled_by
from tests.support.databases import sqlite_template

__all__ = ["sqlite_template"]

GREET = "id: greet\ninitial_state: hello\nstates:\n  hello:\n    say: Hello.  # politely\n"


@dataclass
class Town:
    """Who lives here.

    Attributes:
        headers: Of each caller, by the name that cases give it.
        names: What cases may put into paths and bodies.
    """

    lab: Lab
    headers: dict[str, dict[str, str]]
    names: dict[str, str]


_Who = tuple[dict[str, dict[str, str]], dict[str, str]]
_PROVIDERS = {"google": google("client-1", "secret-1"), "github": github("client-1", "secret-1")}


async def _settle(lab: Lab) -> _Who:
    """Settle both; return headers and names."""
    ada, bob = await lab.sign_up("ada@example.com"), await lab.sign_up("bob@example.com")
    made = (await lab.http.post("/auth/api-keys", params={"label": "my-app"}, headers=ada)).json()
    flow = await lab.http.post("/v1/flows", json={"name": "Greeting", "yaml_content": GREET}, headers=ada)
    revoked = await lab.make_key(ada)
    await lab.http.delete(f"/auth/api-keys/{revoked['X-Prepatu-Key']}", headers=ada)
    hook = await lab.http.post("/v1/hooks", json={"url": "https://example.com/hook"}, headers=ada)
    await lab.http.post("/v1/sessions", json={"flow_id": "greet"}, headers=ada)
    (session,) = (await lab.http.get("/v1/sessions", headers=ada)).json()
    key = {"X-Prepatu-Key": made["key"]}
    headers = {
        "nobody": {},
        "ada": ada,
        "bob": bob,
        "ada's key": key,
        "ada's key as bearer": {"Authorization": f"Bearer {made['key']}"},
        "a revoked key": revoked,
        "an unknown key": {"X-Prepatu-Key": "pk_live_" + "x" * 43},
        "a bad token": {"Authorization": "Bearer eyJ.x.y"},
        "a bad token with ada's key": {"Authorization": "Bearer eyJ.x.y"} | key,
    }
    ids = {"flow": flow.json()["id"], "hook": hook.json()["id"], "session": session["id"]}
    return headers, ids | {"key": made["key"], "key_id": made["key_id"]}


@pytest.fixture(scope="session")
def settled_town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Settled[_Who]:
    """Settle both once, in a database to copy from."""
    return settled_by(_settle, sqlite_template, tmp_path_factory.mktemp("prepatu"), providers=_PROVIDERS)


@pytest.fixture
async def town(settled_town: Settled[_Who], tmp_path: Path) -> AsyncIterator[Town]:
    """Open a town of this test's own."""
    file = shutil.copy(settled_town.file, tmp_path / "town.db")
    headers, names = settled_town.who
    async with opened_lab(f"sqlite:///{file}", providers=_PROVIDERS) as lab:
        yield Town(lab, dict(headers), dict(names))
