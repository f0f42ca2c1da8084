"""The ledger: postings with legs that sum to zero, each key once (docs/adr/0016).

Outside the tenant rule, since a posting touches a customer's books and the house's: every function takes whose.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import InsufficientCreditsError
from kit.ids import uuid7
from storage.tables.ledger_account import LedgerAccount
from storage.tables.ledger_entry import LedgerEntry
from storage.tables.ledger_transaction import LedgerTransaction
from storage.upsert import insert_for


@dataclass(frozen=True, slots=True)
class Book:
    """Where money is.

    Attributes:
        account_id: Whose; None for the house.
    """

    account_id: str | None
    name: str

    @property
    def id(self) -> str:
        """Key of its row."""
        return f"{self.account_id or 'house'}/{self.name}"


REVENUE, GRANTS, PAYMENTS = (Book(None, name) for name in ("revenue", "grants", "payments"))


def available(account_id: str) -> Book:
    """Return the book of what an account may spend."""
    return Book(account_id, "available")


def held(account_id: str) -> Book:
    """Return the book of what is set aside for running calls."""
    return Book(account_id, "held")


@dataclass(frozen=True, slots=True)
class Posting:
    """Money to be moved.

    Attributes:
        key: Applied once, ever.
        legs: Micro-cents for each book; they sum to zero.
    """

    kind: str
    key: str
    legs: Mapping[Book, int]
    at: datetime.datetime
    call_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has, in micro-cents."""

    available: int
    held: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting as an account sees it; changes in micro-cents."""

    id: str
    kind: str
    at: datetime.datetime
    call_id: str | None
    note: str | None
    available: int
    held: int


async def post(session: AsyncSession, posting: Posting) -> bool:
    """Move money; returns False, and does nothing, if the key was there.

    Raises:
        InsufficientCreditsError: A book would go below its floor. The transaction must be given up.
    """
    assert sum(posting.legs.values()) == 0, "legs sum to zero"
    rows = await _lock(session, list(posting.legs))
    transaction_id = await _claim(session, posting)
    if transaction_id is None:
        return False
    for book, amount in posting.legs.items():
        row = rows[book.id]
        if row.balance is not None:
            if row.floor is not None and row.balance + amount < row.floor:
                raise InsufficientCreditsError
            row.balance += amount
        session.add(LedgerEntry(transaction_id=transaction_id, ledger_account_id=book.id, amount=amount))
    await session.flush()
    return True


async def lock(session: AsyncSession, account_id: str) -> Balance:
    """Return an account's balance and keep others from changing it until the transaction ends."""
    books = available(account_id), held(account_id)
    rows = await _lock(session, books)
    return Balance(*(rows[book.id].balance or 0 for book in books))


async def balance(session: AsyncSession, account_id: str) -> Balance:
    """Return an account's balance; zero where it has no books yet."""
    books = available(account_id), held(account_id)
    query = select(LedgerAccount.id, LedgerAccount.balance).where(LedgerAccount.id.in_([book.id for book in books]))
    found = {row.id: row.balance for row in await session.execute(query)}
    return Balance(*(found.get(book.id) or 0 for book in books))


async def movements(
    session: AsyncSession, account_id: str, limit: int, before: str | None = None
) -> Sequence[Movement]:
    """Return the postings of an account, newest first.

    Args:
        session: The transaction.
        account_id: Whose.
        limit: At most so many.
        before: Id of the last movement of the page before.
    """
    to_available, to_held = (
        func.sum(case((LedgerEntry.ledger_account_id == book.id, LedgerEntry.amount), else_=0))
        for book in (available(account_id), held(account_id))
    )
    own = [available(account_id).id, held(account_id).id]
    tx = LedgerTransaction
    query = (
        select(tx.id, tx.kind, tx.at, tx.call_id, tx.note, to_available, to_held)
        .join(LedgerEntry, LedgerEntry.transaction_id == tx.id)
        .where(LedgerEntry.ledger_account_id.in_(own))
        .group_by(tx.id)
        .order_by(tx.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(tx.id < before)
    rows = (await session.execute(query)).all()
    return [
        Movement(tx_id, kind, at, call_id, note, int(available_by), int(held_by))
        for tx_id, kind, at, call_id, note, available_by, held_by in rows
    ]


async def sums(session: AsyncSession) -> Mapping[str, int]:
    """Return the sum of all entries of each book of everybody: to check that it is what the book says."""
    query = select(LedgerEntry.ledger_account_id, func.sum(LedgerEntry.amount)).group_by(LedgerEntry.ledger_account_id)
    return {book_id: int(total) for book_id, total in (await session.execute(query)).all()}


async def _lock(session: AsyncSession, books: Sequence[Book]) -> Mapping[str, LedgerAccount]:
    """Load books, in the order of their ids, so that two who lock the same never wait for each other."""
    rows = await _locked(session, books)
    missing = [book for book in books if book.id not in rows]
    if missing:
        values = [
            {
                "id": book.id,
                "account_id": book.account_id,
                "balance": None if book.account_id is None else 0,
                "floor": None if book.account_id is None else 0,
            }
            for book in sorted(missing, key=lambda book: book.id)
        ]
        insert = insert_for(session)(LedgerAccount).values(values)
        await session.execute(insert.on_conflict_do_nothing(index_elements=["id"]))
        rows = await _locked(session, books)
    return rows


async def _locked(session: AsyncSession, books: Sequence[Book]) -> dict[str, LedgerAccount]:
    found: dict[str, LedgerAccount] = {}
    # The house's books are only referred to: nothing in their rows changes.
    for mine, of_whom in ((False, LedgerAccount.account_id.is_(None)), (True, LedgerAccount.account_id.is_not(None))):
        ids = [book.id for book in books if (book.account_id is not None) is mine]
        if not ids:
            continue
        query = select(LedgerAccount).where(LedgerAccount.id.in_(ids), of_whom).order_by(LedgerAccount.id)
        if mine:
            query = query.with_for_update().execution_options(populate_existing=True)
        found.update({row.id: row for row in await session.scalars(query)})
    return found


async def _claim(session: AsyncSession, posting: Posting) -> str | None:
    insert = insert_for(session)(LedgerTransaction).values(
        id=uuid7(),
        kind=posting.kind,
        key=posting.key,
        call_id=posting.call_id,
        note=posting.note,
        at=posting.at,
    )
    claim = insert.on_conflict_do_nothing(index_elements=["key"]).returning(LedgerTransaction.id)
    return (await session.execute(claim)).scalar_one_or_none()
