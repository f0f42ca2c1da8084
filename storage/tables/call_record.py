"""What is known of a call that is over, of whatever transport."""

import datetime
from typing import Any

from sqlalchemy import JSON, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class CallRecord(Owned, Base):
    """One call; the file beside its recording says the same.

    Attributes:
        id: The call's id.
        session_id: Of the session that it belongs to, if any.
        agent_id: Of the agent that talked, if it was one.
        report: `pipeline.report.CallReport` as JSON values.
    """

    __tablename__ = "call_record"
    __table_args__ = (Index(None, "account_id", "started_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    session_id: Mapped[str | None] = mapped_column(String(36), index=True)
    agent_id: Mapped[str | None] = mapped_column(String(36), index=True)
    flow_id: Mapped[str] = mapped_column(String(200))
    transport: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime.datetime]
    duration_s: Mapped[float] = mapped_column(Float)
    end_reason: Mapped[str] = mapped_column(String(64))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
