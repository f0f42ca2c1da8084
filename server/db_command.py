"""`antiphon db`."""

import asyncio

import click

from server.settings import load_settings
from storage import schema
from storage.engine import Database

_PATIENCE_S = 3600.0  # for a step over a large table


@click.group()
def db() -> None:
    """Look after the database at DATABASE_URL."""


@db.command()
def upgrade() -> None:
    """Bring it to the schema of this version; nothing happens if it is there. A running server need not stop."""
    click.echo(f"The database has schema {asyncio.run(_upgrade(load_settings().database_address))}.")


async def _upgrade(address: str) -> str | None:
    database = Database(address, patience_s=_PATIENCE_S)
    try:
        await schema.upgrade(database)
        return schema.newest_revision()
    finally:
        await database.close()
