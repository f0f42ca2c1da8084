"""Balances, and how money comes into an account."""

import datetime
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from storage.repositories import ledger
from storage.repositories.ledger import Balance, Movement, Posting

MAX_TOP_UP_CENTS = 100_000_00


async def balance(session: AsyncSession, account_id: str) -> Balance:
    """Return what an account has."""
    return await ledger.balance(session, account_id)


async def history(session: AsyncSession, account_id: str, limit: int, before: str | None = None) -> Sequence[Movement]:
    """Return a page of an account's postings, newest first; see `storage.repositories.ledger.movements`."""
    return await ledger.movements(session, account_id, limit, before)


async def grant_at_sign_up(session: AsyncSession, account_id: str, microcents: int, at: datetime.datetime) -> bool:
    """Give a new account its credits, once; returns whether it was now."""
    if not microcents:
        return False
    legs = {ledger.GRANTS: -microcents, ledger.available(account_id): microcents}
    return await ledger.post(session, Posting("grant", f"sign_up/{account_id}", legs, at))


async def top_up(
    session: AsyncSession, account_id: str, microcents: int, key: str, at: datetime.datetime, note: str | None = None
) -> bool:
    """Give an account credits by hand.

    Args:
        session: The transaction.
        account_id: Whose.
        microcents: How much.
        key: The same key again gives nothing.
        at: Now.
        note: Why.

    Returns:
        Whether it was now.
    """
    legs = {ledger.GRANTS: -microcents, ledger.available(account_id): microcents}
    return await ledger.post(session, Posting("top_up", f"top_up/{account_id}/{key}", legs, at, note=note))


async def pay_in(session: AsyncSession, account_id: str, microcents: int, payment: str, at: datetime.datetime) -> bool:
    """Credit what was bought, once.

    Args:
        session: The transaction.
        account_id: Whose.
        microcents: How much.
        payment: The payment provider's name and its number of the payment.
        at: Now.

    Returns:
        Whether it was now.
    """
    legs = {ledger.PAYMENTS: -microcents, ledger.available(account_id): microcents}
    return await ledger.post(session, Posting("payment", f"payment/{payment}", legs, at, note=payment))
