"""What a call has used, and the lease of the process that runs it (docs/adr/0016)."""

import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class CallMeter(Owned, Base):
    """One metered call.

    Attributes:
        id: The session's, or the call's where there is no session.
        rate_microcents: A minute's price when the call began.
        last_tick_at: When its process was last heard of.
        elapsed_ms: How long the call had gone on then.
        captured: Micro-cents that are the house's.
        held: Micro-cents that are held for it.
        postings: How many there were; numbers their keys.
        ended_at: None while it runs.
        about: Whose call it is and what it is about, as its record says it; for calls that leave no report.
    """

    __tablename__ = "call_meter"
    __table_args__ = (Index(None, "ended_at", "last_tick_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rate_microcents: Mapped[int]
    started_at: Mapped[datetime.datetime]
    last_tick_at: Mapped[datetime.datetime]
    elapsed_ms: Mapped[int]
    captured: Mapped[int]
    held: Mapped[int]
    postings: Mapped[int]
    ended_at: Mapped[datetime.datetime | None]
    about: Mapped[dict[str, Any]] = mapped_column(JSON)
