"""One leg of a posting (docs/adr/0016)."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id


class LedgerEntry(Base):
    """What a posting did to one book.

    Attributes:
        amount: Micro-cents; what comes in is positive.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (Index(None, "ledger_account_id", "transaction_id"),)

    id: Mapped[Id]
    transaction_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("ledger_transaction.id", ondelete="RESTRICT"), index=True
    )
    ledger_account_id: Mapped[str] = mapped_column(String(64), ForeignKey("ledger_account.id", ondelete="RESTRICT"))
    amount: Mapped[int]
