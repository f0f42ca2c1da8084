"""Voices that accounts have at vendors; the session knows whose."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.account_voice import AccountVoice


async def all_voices(session: AsyncSession) -> Sequence[AccountVoice]:
    """Return voices, oldest first."""
    return (await session.scalars(select(AccountVoice).order_by(AccountVoice.id))).all()
