import asyncio
import contextlib
import datetime
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from kit.errors import ConfigError
from storage.engine import EVERY_TENANT, Database, TenantError, async_url
from storage.tables.account import Account
from storage.tables.api_key import ApiKey
from tests.support.stalling_proxy import StallingProxy

_AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def _key(name: str, account_id: str, **columns: Any) -> ApiKey:
    values = {"prefix": name, "secret_hash": name, "label": "new", "scopes": [], "created_at": _AT}
    return ApiKey(id=name, account_id=account_id, **(values | columns))


@pytest.fixture
async def keys(database: Database) -> Database:
    """Make two tenants and a key of each."""
    async with database.writing(EVERY_TENANT) as session:
        session.add_all([Account(id=name, name=name, created_at=_AT) for name in ("anna", "bert")])
        await session.flush()
        session.add_all([_key(f"k-{name}", name) for name in ("anna", "bert")])
    return database


async def test_a_tenant_reads_only_its_own_rows(keys: Database) -> None:
    for tenant in ("anna", "bert", "anna"):
        async with keys.reading(tenant) as session:
            assert [each.id for each in await session.scalars(select(ApiKey))] == [f"k-{tenant}"]
    async with keys.reading("anna") as session:
        assert await session.get(ApiKey, "k-bert") is None
        assert (await session.execute(select(ApiKey.label).where(ApiKey.id == "k-bert"))).all() == []


async def test_a_tenant_updates_only_its_own_rows(keys: Database) -> None:
    async with keys.writing("anna") as session:
        await session.execute(update(ApiKey).values(label="mine"))
    async with keys.reading(EVERY_TENANT) as session:
        labels = {row.id: row.label for row in await session.execute(select(ApiKey.id, ApiKey.label))}
    assert labels == {"k-anna": "mine", "k-bert": "new"}


async def test_a_row_of_another_tenant_is_refused(keys: Database) -> None:
    with pytest.raises(TenantError):
        async with keys.writing("anna") as session:
            session.add(_key("k-2", "bert"))


async def _write_and_fail(keys: Database) -> None:
    async with keys.writing("anna") as session:
        session.add(_key("k-2", "anna"))
        await session.flush()
        raise ZeroDivisionError


async def test_what_fails_leaves_nothing_behind(keys: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await _write_and_fail(keys)
    async with keys.reading("anna") as session:
        assert await session.get(ApiKey, "k-2") is None


async def test_times_come_back_aware_and_in_utc(keys: Database) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    async with keys.writing("anna") as session:
        session.add(_key("k-3", "anna", expires_at=_AT.astimezone(zone)))
    async with keys.reading("anna") as session:
        key = await session.get(ApiKey, "k-3")
        assert key is not None
        assert key.expires_at is not None
        assert (key.expires_at, key.expires_at.tzinfo) == (_AT, datetime.UTC)


async def test_many_who_read_and_then_write_all_succeed(keys: Database) -> None:
    async def count_up(_: int) -> None:
        async with keys.writing("anna") as session:
            key = await session.get(ApiKey, "k-anna", with_for_update=True)
            assert key is not None
            key.label = str(int(key.label) + 1)

    async with keys.writing("anna") as session:
        await session.execute(update(ApiKey).values(label="0"))
    await asyncio.gather(*(count_up(number) for number in range(60)))
    async with keys.reading("anna") as session:
        key = await session.get(ApiKey, "k-anna")
        assert key is not None
        assert key.label == "60"


@pytest.mark.parametrize("url", ["", "no address", "mysql://host/name"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        async_url(url)


async def test_a_connection_comes_back_without_what_was_left_open_on_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}", pool_size=1)
    async with database.connection() as connection:
        raw = await connection.get_raw_connection()
        await connection.rollback()
        await raw.driver_connection.execute("BEGIN IMMEDIATE")  # behind SQLAlchemy's back
    async with database.connection() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


async def test_a_file_that_another_program_writes_is_away(tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    database = Database(f"sqlite:///{file}", patience_s=0.1)
    async with database.connection():
        pass
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            async with database.writing(EVERY_TENANT) as session:
                await session.execute(text("SELECT 1"))
    await database.close()


async def test_closing_waits_for_connections_that_were_given_up(keys: Database) -> None:
    async def read() -> None:
        async with keys.reading("anna") as session:
            await session.execute(text("SELECT count(*) FROM api_key AS a, api_key AS b, api_key AS c"))

    before = threading.active_count()
    reads = [asyncio.ensure_future(read()) for _ in range(5)]
    await asyncio.sleep(0.001)
    for each in reads:
        each.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    await keys.close()
    assert not [thread for thread in threading.enumerate() if "_connection_worker" in thread.name]
    assert threading.active_count() <= before + 1


async def test_a_server_that_takes_bytes_and_does_nothing_is_given_up_soon(postgres_address: str) -> None:
    url = make_url(postgres_address)
    assert url.port is not None
    async with StallingProxy(url.port).running() as proxy:
        through = url.set(port=proxy.own_port, database="migrated").render_as_string(hide_password=False)
        database = Database(through, patience_s=0.3)
        async with database.writing(EVERY_TENANT) as session:
            session.add(Account(id="anna", name="anna", created_at=_AT))
            await session.flush()
            proxy.stall()
            async with asyncio.timeout(5):
                with pytest.raises(OperationalError):
                    await session.execute(text("SELECT 1"))
            proxy.mend()
            await session.rollback()
        async with database.reading(EVERY_TENANT) as session:
            assert (await session.scalars(select(Account))).all() == []
        await database.close()
