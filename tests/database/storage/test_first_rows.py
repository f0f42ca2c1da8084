"""Rows that a first request makes, when several come at once."""

import asyncio
import datetime

import pytest

from control_api.agents.hooks import hook_of, secret_of
from control_api.providers.vault import Vault
from control_api.rbac import service as rbac
from control_api.rbac.paths import FLAGS
from storage.engine import EVERY_TENANT, Database
from storage.tables.account import Account
from storage.tables.agent import Agent

_AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
_MANY = 8


@pytest.fixture
async def anna(database: Database) -> Database:
    """Make an account with an agent."""
    async with database.writing(EVERY_TENANT) as session:
        session.add(Account(id="anna", name="Anna", created_at=_AT))
        await session.flush()
        about = {"name": "Anna's", "is_active": True, "config": {}, "version": 1, "made_by": ""}
        session.add(Agent(id="agent-1", account_id="anna", created_at=_AT, updated_at=_AT, **about))
    connected = asyncio.Barrier(_MANY)

    async def connect() -> None:
        async with database.reading("anna") as session:
            await session.get(Account, "anna")
            await connected.wait()

    await asyncio.gather(*(connect() for _ in range(_MANY)))  # else the first is done before the second is connected
    return database


async def test_switches_that_are_set_at_once_are_all_set(anna: Database) -> None:
    async def switch_off(flag: str) -> None:
        async with anna.writing("anna") as session:
            await rbac.change_flags(session, "anna", {flag: False})

    await asyncio.gather(*(switch_off(flag) for flag in FLAGS))
    async with anna.reading("anna") as session:
        assert await rbac.flags_of(session, "anna") == dict.fromkeys(FLAGS, False)


async def test_a_hook_that_is_asked_for_at_once_has_one_secret(anna: Database) -> None:
    vault = Vault(b"v" * 32)

    async def ask() -> str:
        async with anna.writing("anna") as session:
            return secret_of(await hook_of(session, "agent-1", vault), vault)

    assert len(set(await asyncio.gather(*(ask() for _ in range(_MANY))))) == 1
