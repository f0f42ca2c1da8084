"""Whom an account may have called, when and how often (docs/adr/0023)."""

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class CallingRule(Owned, Base):
    """The rules of one account; without a row there are defaults.

    Attributes:
        regions: ISO 3166 codes of the countries that may be called; None: only the line's own.
        opens_min: Minute of the callee's day from which calls are made.
        closes_min: Minute of the callee's day from which none are made.
        account_calls: At once.
        line_calls: At once on one line.
        account_per_minute: Calls begun in any minute.
        line_per_minute: Calls begun on one line in any minute.
        daily_cap_microcents: No call is begun once calls of the last 24 hours cost so much; None: no cap.
    """

    __tablename__ = "calling_rule"
    __table_args__ = (UniqueConstraint("account_id"),)

    id: Mapped[Id]
    regions: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    opens_min: Mapped[int]
    closes_min: Mapped[int]
    account_calls: Mapped[int]
    line_calls: Mapped[int]
    account_per_minute: Mapped[int]
    line_per_minute: Mapped[int]
    daily_cap_microcents: Mapped[int | None]
