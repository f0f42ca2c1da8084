"""What is still to be told, and what was: the outbox of hooks (docs/adr/0016)."""

import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class HookDelivery(Owned, Base):
    """One event for one endpoint.

    Attributes:
        id: Also its `webhook-id`, by which the other side knows a repetition.
        subject: What it is about, such as a session; what is about the same is told in the order of the ids.
        body: JSON, exactly as it is sent.
        attempts: How often it was tried.
        next_attempt_at: None when it is over: taken, or given up.
        delivered_at: When it was taken.
        last_status: HTTP status of the last answer, if there was one.
        last_error: Why the last try failed, if it did.
    """

    __tablename__ = "hook_delivery"
    __table_args__ = (Index(None, "endpoint_id", "subject", "id"),)

    id: Mapped[Id]
    endpoint_id: Mapped[str] = mapped_column(String(36), ForeignKey("hook_endpoint.id", ondelete="CASCADE"))
    subject: Mapped[str | None] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime.datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime.datetime]
    delivered_at: Mapped[datetime.datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(String(200))
