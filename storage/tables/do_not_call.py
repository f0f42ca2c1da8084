"""Who does not want to be called by an account (docs/adr/0023)."""

import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class DoNotCall(Owned, Base):
    """One number; E.164."""

    __tablename__ = "do_not_call"
    __table_args__ = (UniqueConstraint("account_id", "number"),)

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime.datetime]
