"""Codes and links that were sent by mail (docs/adr/0019)."""

import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.mailed_code import MailedCode
from storage.upsert import insert_for

_KEPT = datetime.timedelta(days=1)  # so that a link that came too late can be told from a wrong one


async def replace(session: AsyncSession, row: MailedCode, now: datetime.datetime) -> None:
    """Keep a code instead of the one before it, and forget those that ran out long ago."""
    await session.execute(delete(MailedCode).where(MailedCode.expires_at < now - _KEPT))
    values = {
        "id": row.id,
        "purpose": row.purpose,
        "email_key": row.email_key,
        "secret_hash": row.secret_hash,
        "tries_left": row.tries_left,
        "expires_at": row.expires_at,
    }
    newer = {key: value for key, value in values.items() if key not in ("purpose", "email_key")}
    insert = insert_for(session)(MailedCode).values(values)
    await session.execute(insert.on_conflict_do_update(index_elements=["purpose", "email_key"], set_=newer))


async def use_up_a_try(
    session: AsyncSession, purpose: str, email_key: str, now: datetime.datetime
) -> MailedCode | None:
    """Return the code to compare with, one try poorer; None if there is none, or none any more."""
    found: MailedCode | None = await session.scalar(
        update(MailedCode)
        .where(
            MailedCode.purpose == purpose,
            MailedCode.email_key == email_key,
            MailedCode.tries_left > 0,
            MailedCode.expires_at > now,
        )
        .values(tries_left=MailedCode.tries_left - 1)
        .returning(MailedCode)
    )
    return found


async def by_secret(session: AsyncSession, purpose: str, secret_hash: str) -> MailedCode | None:
    """Find a link, also one that came too late."""
    found: MailedCode | None = await session.scalar(
        select(MailedCode).where(MailedCode.purpose == purpose, MailedCode.secret_hash == secret_hash)
    )
    return found


async def remove(session: AsyncSession, code_id: str) -> bool:
    """Forget a code; of two who use it at once, one is told that it was there."""
    removed = await session.scalar(delete(MailedCode).where(MailedCode.id == code_id).returning(MailedCode.id))
    return removed is not None
