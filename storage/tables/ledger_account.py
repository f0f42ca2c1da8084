"""One book of the ledger: where money is (docs/adr/0016)."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class LedgerAccount(Base):
    """A customer's book, or one of the house.

    Attributes:
        id: `<account id>/<name>`, or `house/<name>`.
        account_id: Whose it is; None for the house. An account with books cannot be deleted.
        balance: Micro-cents, the sum of its entries; None for the house, where nobody keeps it.
        floor: What the balance never goes below.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (CheckConstraint("balance >= floor", name="floor"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(
        String(36), ForeignKey("account.id", ondelete="RESTRICT"), index=True
    )
    balance: Mapped[int | None]
    floor: Mapped[int | None]
