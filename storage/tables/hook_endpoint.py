"""Where an account wants to be told what happens (docs/adr/0016)."""

import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class HookEndpoint(Owned, Base):
    """One address.

    Attributes:
        events: Which events go there.
        salt: From it and the server's own key its signing secret is derived; the secret is not stored.
        active: Whether anything is sent.
    """

    __tablename__ = "hook_endpoint"

    id: Mapped[Id]
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]] = mapped_column(JSON)
    salt: Mapped[str] = mapped_column(String(32))
    active: Mapped[bool]
    created_at: Mapped[datetime.datetime]
