"""The database of this process: transactions for a tenant, on SQLite and PostgreSQL alike (docs/adr/0014)."""

import asyncio
import enum
import sqlite3
import threading
import weakref
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria

from kit.errors import ConfigError
from storage.impatient import connect
from storage.tables.base import Owned

_LAST_ANSWER_S = 2.0
_POOL_WAIT_S = 5  # for a connection while others have all of them: who asks is told soon that it cannot be done now
# A server that has vanished is noticed within half a minute, whatever was being waited for.
_POSTGRES = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_TENANT = "tenant"


class Scope(enum.Enum):
    """Stands in place of a tenant's id."""

    EVERY_TENANT = "every tenant"


EVERY_TENANT = Scope.EVERY_TENANT
Tenant = str | Scope


class TenantError(AssertionError):
    """A row of one tenant was written in another's transaction: a mistake in our code."""


class Database:
    """One pool of connections; made once, closed at shutdown."""

    def __init__(self, url: str, *, pool_size: int = 10, patience_s: float = 8.0) -> None:
        """Prepare; connects when first used.

        Args:
            url: `sqlite:///path/to/file.db` or `postgresql+psycopg://user:password@host/name`.
            pool_size: Connections at most.
            patience_s: How long PostgreSQL may take for an answer, and others may write in an SQLite file, before the
                database counts as away.

        Raises:
            ConfigError: No such database can be used.
        """
        self._engine = _engine(async_url(url), pool_size, patience_s)
        self._patience_s = patience_s
        self._threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        if self.is_sqlite:
            event.listen(self._engine.sync_engine, "connect", self._note_thread)
        self._writer = self._engine.execution_options(sqlite_begin="IMMEDIATE")
        # SQLite has one writer at a time and lets the others sleep and try again, each longer than before. In this
        # process they queue instead: first come, first served, and with no connection taken that others could use.
        self._write_turn = asyncio.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """Whether this database is one file of this machine."""
        return self._engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def reading(self, tenant: Tenant) -> AsyncIterator[AsyncSession]:
        """Open a transaction that only reads."""
        async with self._session(self._engine, tenant) as session:
            yield session

    @asynccontextmanager
    async def writing(self, tenant: Tenant) -> AsyncIterator[AsyncSession]:
        """Open a transaction that may write; commits at its end, keeps nothing if an exception leaves it."""
        async with self._writers_turn(), self._session(self._writer, tenant) as session, session.begin():
            yield session

    @asynccontextmanager
    async def connection(self, *, read_only: bool = False) -> AsyncIterator[Any]:
        """Open a bare connection in a transaction: for migrations and health, never for owned tables."""
        async with (
            nullcontext() if read_only else self._writers_turn(),
            (self._engine if read_only else self._writer).begin() as connection,
        ):
            yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        # The driver's thread of a connection that was given up in mid-query answers late: its loop must still be there.
        await asyncio.to_thread(_join, tuple(self._threads))

    @asynccontextmanager
    async def _writers_turn(self) -> AsyncIterator[None]:
        if self._write_turn is None:
            yield
            return
        try:
            async with asyncio.timeout(self._patience_s):
                await self._write_turn.acquire()
        except TimeoutError as error:
            raise PoolTimeoutError("Others have been writing for too long.") from error
        try:
            yield
        finally:
            self._write_turn.release()

    def _note_thread(self, connection: Any, _: Any) -> None:
        self._threads.add(connection.driver_connection._thread)

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine, tenant: Tenant) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False, info={_TENANT: tenant}) as session:
            yield session


def async_url(url: str) -> URL:
    """Return `url` with the driver that we use.

    Raises:
        ConfigError: It is no address of a database, or of one that we do not know.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError("DATABASE_URL is no address, such as postgresql+psycopg://user@host/name.") from error
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    backend = parsed.drivername.partition("+")[0]
    if backend not in drivers:
        raise ConfigError(f"DATABASE_URL: '{backend}' is not supported; use sqlite or postgresql+psycopg.")
    return parsed.set(drivername=drivers[backend])


def _engine(url: URL, pool_size: int, patience_s: float) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url,
            connect_args=_POSTGRES | {"async_creator_fn": partial(connect, patience_s)},
            pool_size=pool_size,
            pool_timeout=_POOL_WAIT_S,
            max_overflow=0,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        connect_args={"timeout": patience_s},
        pool_size=pool_size,
        pool_reset_on_return=None,  # by `_reset_sqlite`
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    event.listen(engine.sync_engine, "reset", _reset_sqlite)
    return engine


def _join(threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        thread.join(_LAST_ANSWER_S)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # else the driver begins late, and an upgrade to a write lock fails
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    begin = "BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    # Straight to the driver: SQLAlchemy would also open and close a cursor, each a trip to the connection's thread.
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.run_async(lambda sqlite: sqlite.execute(begin))
    except sqlite3.OperationalError as error:
        raise OperationalError(begin, None, error) from error


def _reset_sqlite(connection: Any, _: Any, __: Any) -> None:
    """Roll back what was left open, as SQLAlchemy would, but make no trip where nothing was."""
    if connection.driver_connection.in_transaction:
        connection.rollback()


# --- the tenant rule ------------------------------------------------------------------------------------------------
@event.listens_for(Session, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    tenant = state.session.info.get(_TENANT)
    if tenant is EVERY_TENANT or state.is_column_load or state.is_relationship_load:
        return
    if not isinstance(tenant, str):
        raise TenantError("A session was opened without a tenant; use Database.reading or .writing.")
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(
            with_loader_criteria(Owned, lambda owned: owned.account_id == tenant, include_aliases=True)
        )


@event.listens_for(Session, "before_flush")
def _write_only_own_rows(session: Session, _: UOWTransaction, __: Any) -> None:
    tenant = session.info.get(_TENANT)
    if tenant is EVERY_TENANT:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, Owned) and row.account_id != tenant:
            raise TenantError(f"A row of {type(row).__name__} belongs to another tenant.")
