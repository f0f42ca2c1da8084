"""Who speaks in calls."""

import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class Agent(Owned, Base):
    """One agent.

    Attributes:
        config: Its configuration now (`control_api.agents.schemas.Config`); older ones are its versions.
        version: The number of its newest version.
        made_by: The user or the key that made it; empty for who needs no log-in.
    """

    __tablename__ = "agent"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    is_active: Mapped[bool]
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int]
    made_by: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime.datetime]
    updated_at: Mapped[datetime.datetime]
