"""What an agent was configured to be; never changed."""

import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class AgentVersion(Owned, Base):
    """One version of an agent; numbers begin at 1."""

    __tablename__ = "agent_version"
    __table_args__ = (UniqueConstraint("agent_id", "number"),)

    id: Mapped[Id]
    agent_id: Mapped[str] = mapped_column(String(36), ForeignKey("agent.id", ondelete="CASCADE"))
    number: Mapped[int]
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime.datetime]
    made_by: Mapped[str] = mapped_column(String(36))
    note: Mapped[str] = mapped_column(String(200))
