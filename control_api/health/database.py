"""Asks the database whether it is there."""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from control_api.ports import UtcClock
from storage.engine import Database

_PATIENCE_S = 2.0
_KEPT_S = 1.0  # so that many who ask at once cost one question

log = structlog.get_logger(__name__)


class DatabaseProbe:
    """Says what is wrong with the database, if anything is."""

    def __init__(self, database: Database, clock: UtcClock) -> None:
        self._database = database
        self._clock = clock
        self._asking = asyncio.Lock()
        self._told: str | None = None
        self._told_at_s: float | None = None

    async def problem(self) -> str | None:
        """Return what is wrong, as it was at most a second ago."""
        async with self._asking:
            now_s = self._clock.now_s()
            if self._told_at_s is None or now_s - self._told_at_s >= _KEPT_S:
                self._told = await self._ask()
                self._told_at_s = self._clock.now_s()
            return self._told

    async def _ask(self) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE_S), self._database.connection(read_only=True) as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("database_away", reason=type(error).__name__)  # its text may name host and user
            return "The database does not answer."
        return None
