"""Fresh databases with all tables, one for each test: copies of one that was migrated once."""

import asyncio
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import schema
from storage.engine import Database
from tests.support import postgres

ENGINES = ("sqlite", "postgresql")
_numbers = itertools.count(1)


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        await schema.upgrade(database)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """Run one server for this test process, with a migrated database to copy from."""
    with postgres.server() as address:
        postgres.execute(address, "CREATE DATABASE migrated")
        asyncio.run(_migrate(f"{address}/migrated"))
        yield address


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one migrated file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Make a fresh migrated database on each engine; yield its address."""
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    address = request.getfixturevalue("postgres_address")
    name = f"test_{next(_numbers)}"
    # Copying files takes half as long here as what the server would do by itself, which is to log every page.
    postgres.execute(address, f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY FILE_COPY")
    yield f"{address}/{name}"
    postgres.execute(address, f"DROP DATABASE {name} WITH (FORCE)")
