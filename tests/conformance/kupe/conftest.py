"""Two accounts: Ada's with an agent, a line's worth of everything, and keys; Bob's with nothing."""

import copy
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.control_lab import Lab, Settled, opened_lab, settled_by
from tests.support.databases import sqlite_template

__all__ = ["sqlite_template"]


@dataclass
class Town:
    """Who lives here.

    Attributes:
        ada: Headers of a person; `key` those of her program, `narrow` of one that may only list models.
        agent: Her agent as it was answered.
        names: What of hers stands for a part of a path.
    """

    lab: Lab
    ada: dict[str, str]
    bob: dict[str, str]
    key: dict[str, str]
    narrow: dict[str, str]
    agent: dict[str, Any]
    names: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where her agent is."""
        return f"/api/v1/agents/{self.names['agent_id']}"

    async def put(self, body: Any, **query: Any) -> Any:
        """Change her agent; return the answer."""
        return await self.lab.http.put(self.path, json=body, headers=self.ada, params=query)


async def _key(lab: Lab, person: dict[str, str], **body: Any) -> dict[str, str]:
    made = await lab.http.post("/api/v1/api-keys", json=body, headers=person)
    assert made.status_code == 200, made.text
    return {"x-api-key": made.json()["api_key"]["api_key"]}


@dataclass(frozen=True)
class _Who:
    """Who lives in every town: its fields but `lab`."""

    ada: dict[str, str]
    bob: dict[str, str]
    key: dict[str, str]
    narrow: dict[str, str]
    agent: dict[str, Any]
    names: dict[str, str]


async def _settle(lab: Lab) -> _Who:
    """Settle both."""
    ada, bob = await lab.sign_up("ada@example.com"), await lab.sign_up("bob@example.com")
    rows = [{"allowed_path_prefix": "/api/v1/providers/model", "allowed_method": "GET"}]
    key, narrow = await _key(lab, ada, name="mine"), await _key(lab, ada, scopes=rows)
    body = {"name": "Front desk", "description": "Answers"}
    made = await lab.http.post("/api/v1/agents/simple", json=body, headers=ada)
    assert made.status_code == 201, made.text
    keys = (await lab.http.get("/api/v1/api-keys/fetch", headers=ada)).json()
    me = (await lab.http.get("/api/v1/me", headers=ada)).json()
    voices = (await lab.http.get("/api/v1/tts-voices", headers=ada)).json()
    names = {
        "agent_id": made.json()["agent"]["id"],
        "key_id": keys[0]["id"],
        "user_id": me["user_id"],
        "voice_id": voices[0]["id"],
        "provider_id": voices[0]["provider_id"],
    }
    return _Who(ada, bob, key, narrow, made.json(), names)


@pytest.fixture(scope="session")
def settled_town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Settled[_Who]:
    """Settle both once, in a database to copy from."""
    return settled_by(_settle, sqlite_template, tmp_path_factory.mktemp("kupe"))


@pytest.fixture
async def town(settled_town: Settled[_Who], tmp_path: Path) -> AsyncIterator[Town]:
    """Open a town of this test's own."""
    file = shutil.copy(settled_town.file, tmp_path / "town.db")
    async with opened_lab(f"sqlite:///{file}") as lab:
        yield Town(lab, **vars(copy.deepcopy(settled_town.who)))
