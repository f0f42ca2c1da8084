"""Asks the database whether it is there, so that who asks for the server's health never waits for it."""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from control_api.ports import UtcClock
from storage.engine import Database

AWAY = "The database does not answer."
_PATIENCE_S = 2.0
_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class DatabaseProbe:
    """Knows what is wrong with the database, if anything is, as it was a second ago."""

    def __init__(self, database: Database, clock: UtcClock) -> None:
        self._database = database
        self._clock = clock
        self._told: str | None = None
        self._asked_at_s: float | None = None  # of a question without an answer yet

    async def run(self) -> None:
        """Ask again and again until cancelled."""
        while True:
            await self.ask()
            await asyncio.sleep(_EVERY_S)

    async def ask(self) -> None:
        """Ask once. A question may hang for longer than its time limit: the driver waits for what it has cut off."""
        self._asked_at_s = self._clock.now_s()
        try:
            async with asyncio.timeout(_PATIENCE_S), self._database.connection(read_only=True) as connection:
                await connection.execute(text("SELECT 1"))
            told = None
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("database_away", reason=type(error).__name__)  # its text may name host and user
            told = AWAY
        self._told, self._asked_at_s = told, None

    async def problem(self) -> str | None:
        """Return what is wrong, at once."""
        if self._asked_at_s is not None and self._clock.now_s() - self._asked_at_s > _PATIENCE_S:
            return AWAY
        return self._told
