"""The outbox in the database (`worker.Outbox`)."""

import datetime
from collections.abc import Sequence

from control_api.webhooks import signing
from control_api.webhooks.worker import Due, Result
from storage.engine import EVERY_TENANT, Database
from storage.repositories import hooks

CLAIM_S = 60.0  # a process that dies with a delivery in hand: after this another one sends it
_MAX_ERROR_CHARS = 200


class StoredOutbox:
    """Of every account: the worker serves them all."""

    def __init__(self, database: Database, server_key: bytes) -> None:
        self._database = database
        self._key = server_key

    async def claim(self, now: datetime.datetime, limit: int) -> Sequence[Due]:
        """Take what is due; see the port."""
        async with self._database.reading(EVERY_TENANT) as session:
            if not await hooks.due(session, now, 1):
                return ()  # no write lock for nothing
        async with self._database.writing(EVERY_TENANT) as session:
            claimed = await hooks.due(session, now, limit)
            for delivery, _ in claimed:
                delivery.attempts += 1
                delivery.next_attempt_at = now + datetime.timedelta(seconds=CLAIM_S)
            return [
                Due(
                    delivery.id,
                    endpoint.url,
                    signing.secret_of(self._key, endpoint.id, endpoint.salt),
                    delivery.body,
                    delivery.attempts,
                )
                for delivery, endpoint in claimed
            ]

    async def record(self, delivery_id: str, result: Result, now: datetime.datetime) -> None:
        """Keep what became of a try; see the port."""
        async with self._database.writing(EVERY_TENANT) as session:
            row = await hooks.delivery(session, delivery_id)
            if row is None:
                return
            row.last_status = result.status
            row.last_error = result.error[:_MAX_ERROR_CHARS] if result.error is not None else None
            row.next_attempt_at = result.next_attempt_at
            row.delivered_at = now if result.error is None else None

    async def forget(self, before: datetime.datetime) -> None:
        """Delete what was over before."""
        async with self._database.writing(EVERY_TENANT) as session:
            await hooks.forget(session, before)
