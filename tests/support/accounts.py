"""Accounts for tests that need somebody whom things belong to."""

import datetime

from storage.engine import EVERY_TENANT, Database
from storage.tables.account import Account

NOW = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


async def add_accounts(database: Database, *names: str) -> None:
    """Make accounts whose ids are their names."""
    async with database.writing(EVERY_TENANT) as session:
        session.add_all([Account(id=name, name=name, created_at=NOW) for name in names])
