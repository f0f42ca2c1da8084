"""Every test here may ask for `database`, and runs once on each engine."""

from collections.abc import AsyncIterator

import pytest

from storage.engine import Database
from tests.support.databases import database_url, postgres_address, sqlite_template

__all__ = ["database_url", "postgres_address", "sqlite_template"]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open a fresh database."""
    opened = Database(database_url)
    yield opened
    await opened.close()
