"""All tables, and whether the database has them as this version of the code wants them."""

import asyncio
import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from kit.errors import ConfigError
from storage import tables
from storage.tables.base import Base

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from storage.engine import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def metadata() -> MetaData:
    """Return the description of all tables."""
    for module in pkgutil.iter_modules(tables.__path__):
        importlib.import_module(f"{tables.__name__}.{module.name}")
    return Base.metadata


async def upgrade(database: "Database") -> None:
    """Bring the database to the newest schema; does nothing if it is there."""
    async with database.connection() as connection:
        await connection.run_sync(_upgrade)


async def require_current(database: "Database") -> None:
    """Refuse a database of another schema.

    Raises:
        ConfigError: It must be upgraded, or is newer than this code.
    """
    async with database.connection() as connection:
        found = await connection.run_sync(revision)
    wanted = await asyncio.to_thread(newest_revision)
    if found != wanted:
        raise ConfigError(
            f"The database has schema {found or 'none'}, this version needs {wanted}: run `antiphon db upgrade`."
        )


def newest_revision() -> str | None:
    """Return the revision that this code needs."""
    return ScriptDirectory.from_config(config()).get_current_head()


def revision(connection: "Connection") -> str | None:
    """Return the revision that a database has; None if it has no schema yet."""
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: "Connection") -> None:
    command.upgrade(config(connection), "head")


def config(connection: "Connection | None" = None) -> Config:
    """Return Alembic's settings, to run on `connection`."""
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings
