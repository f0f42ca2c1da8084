"""How an agent is started from elsewhere."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class AgentHook(Owned, Base):
    """The hook of one agent.

    Attributes:
        sealed_secret: What requests are signed with, encrypted.
        config: Whether it is on, and which values it attaches.
    """

    __tablename__ = "agent_hook"

    agent_id: Mapped[str] = mapped_column(String(36), ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(Text)
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
