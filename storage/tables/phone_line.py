"""A telephone number at a carrier, and where its calls lead (docs/adr/0022)."""

import datetime

from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class PhoneLine(Owned, Base):
    """One line.

    Attributes:
        number: E.164. Several accounts may claim one: the carrier's proof decides.
        provider: `twilio`, `plivo`, `exotel` or `asterisk`.
        sealed_credentials: JSON, encrypted.
        label: What people call it.
        target_kind: What its calls lead to; None: nowhere.
        target_id: Of the target, as its kind names things.
        active: Whether it takes and makes calls.
    """

    __tablename__ = "phone_line"
    __table_args__ = (
        UniqueConstraint("account_id", "number"),
        CheckConstraint("(target_kind IS NULL) = (target_id IS NULL)", name="one_target"),
        CheckConstraint("target_kind IN ('flow', 'agent', 'workflow')", name="known_target"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), index=True)
    provider: Mapped[str] = mapped_column(String(20))
    sealed_credentials: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(String(200))
    target_kind: Mapped[str | None] = mapped_column(String(20))
    target_id: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool]
    created_at: Mapped[datetime.datetime]
    updated_at: Mapped[datetime.datetime]
