"""One posting: why money was moved (docs/adr/0016)."""

import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id


class LedgerTransaction(Base):
    """A posting; its entries sum to zero.

    Attributes:
        kind: `grant`, `top_up`, `payment`, `call_held`, `call_charged`.
        key: What makes it happen once.
        call_id: The call it is about, if any.
        note: In words, if somebody wrote any.
    """

    __tablename__ = "ledger_transaction"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    call_id: Mapped[str | None] = mapped_column(String(36))
    note: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime.datetime]
