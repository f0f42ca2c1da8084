from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection

from kit.errors import ConfigError
from storage import schema
from storage.engine import Database


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, schema.metadata()))


async def test_the_migrations_make_the_tables_that_the_code_describes(database: Database) -> None:
    async with database.connection() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_migrated_database_is_current_and_upgrading_it_again_does_nothing(database: Database) -> None:
    await schema.upgrade(database)
    await schema.require_current(database)


async def test_an_empty_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(ConfigError, match="antiphon db upgrade"):
        await schema.require_current(database)
    await database.close()
