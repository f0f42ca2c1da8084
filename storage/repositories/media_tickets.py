"""Tickets of media sockets: spent by being deleted, so that of two who try, one succeeds."""

import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.media_ticket import MediaTicket


async def spend(session: AsyncSession, token_hash: str, now: datetime.datetime) -> MediaTicket | None:
    """Take a ticket out; None if there is none that is good now."""
    spent: MediaTicket | None = await session.scalar(
        delete(MediaTicket)
        .where(MediaTicket.token_hash == token_hash, MediaTicket.expires_at > now)
        .returning(MediaTicket)
    )
    return spent


async def forget_expired(session: AsyncSession, now: datetime.datetime) -> None:
    """Delete what nobody has used in time."""
    await session.execute(delete(MediaTicket).where(MediaTicket.expires_at <= now))
