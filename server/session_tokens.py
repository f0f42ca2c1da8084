"""Lead the control plane's sessions to the transports."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from control_api.ports import UtcClock
from control_api.sessions import service
from kit.errors import CapacityError
from kit.ids import uuid7
from storage.engine import EVERY_TENANT, Database
from storage.repositories import voice_sessions
from transports.ports import CallRequest

log = structlog.get_logger(__name__)


class StoredTokens:
    """`transports.ports.SessionBook` over the database: the token is the credential, so no tenant is known before."""

    def __init__(self, database: Database, clock: UtcClock) -> None:
        self._database = database
        self._clock = clock

    async def redeem(self, token: str) -> CallRequest:
        """Bind the token to this connection; see the port."""
        call_id = uuid7()
        try:
            async with self._database.writing(EVERY_TENANT) as session:
                taken = await service.take(session, token, call_id, self._clock.utc())
        except SQLAlchemyError as error:
            log.warning("token_not_redeemed", reason=type(error).__name__)
            raise CapacityError("The server cannot begin calls just now; try again in a moment.") from error
        return CallRequest(
            call_id,
            taken.flow_name,
            taken.context,
            taken.labels,
            taken.account_id,
            taken.id,
            taken.flow_version_id,
        )

    async def is_good(self, token: str) -> bool:
        """Look at a session; see the port."""
        try:
            async with self._database.reading(EVERY_TENANT) as session:
                found = await voice_sessions.by_token_hash(session, service.token_hash(token))
        except SQLAlchemyError as error:
            raise CapacityError("The server cannot begin calls just now; try again in a moment.") from error
        if found is None or found.ended_at is not None:
            return False
        return found.started_at is not None or found.expires_at > self._clock.utc()

    async def release(self, token: str) -> None:
        """The call is over; the token is spent. A database that is away is left to the reaper."""
        try:
            async with self._database.writing(EVERY_TENANT) as session:
                found = await voice_sessions.by_token_hash(session, service.token_hash(token))
                if found is not None:
                    await voice_sessions.close(session, found.id, self._clock.utc())
        except SQLAlchemyError:
            log.exception("session_not_closed")
