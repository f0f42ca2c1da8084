"""The database while the server runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.clock import Clock
from server.identity import make_local_account
from storage import schema
from storage.engine import Database


@asynccontextmanager
async def opened(database: Database, *, has_own_account: bool) -> AsyncIterator[None]:
    """Use the database: a file of this machine is brought up to date here, a shared server by its operator.

    Args:
        database: Closed at the end.
        has_own_account: Whether some need no log-in, and talk for the server's own account.

    Raises:
        ConfigError: A shared server has another schema.
    """
    try:
        if database.is_sqlite:
            await schema.upgrade(database)
        else:
            await schema.require_current(database)
        if has_own_account:
            await make_local_account(database, Clock())
        yield
    finally:
        await database.close()
