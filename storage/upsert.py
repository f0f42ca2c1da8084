"""The INSERT that knows ON CONFLICT: both databases have the same words, SQLAlchemy has one class for each."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession


def insert_for(session: AsyncSession) -> type[postgresql.Insert] | type[sqlite.Insert]:
    """Return the class for the database of `session`."""
    return postgresql.Insert if session.get_bind().dialect.name == "postgresql" else sqlite.Insert
