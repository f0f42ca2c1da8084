"""A ticket for one conversation, and what became of it."""

import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class VoiceSession(Owned, Base):
    """One session.

    Attributes:
        token_hash: SHA-256 of the token, in hex; the token itself is told once.
        token_prefix: Its first characters, for listings.
        flow_name: As the client named it; None for the generic assistant.
        flow_version_id: What the name meant when the session was made; None for flows of the server's own.
        started_at: When a connection took the token; None: nobody has yet.
        labels: The client's own `metadata`, handed on to hooks and records.
        call_id: Of the call that it became.
    """

    __tablename__ = "voice_session"
    __table_args__ = (Index(None, "account_id", "created_at"),)

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token_prefix: Mapped[str] = mapped_column(String(8))
    flow_name: Mapped[str | None] = mapped_column(String(200))
    flow_version_id: Mapped[str | None] = mapped_column(String(36))
    context: Mapped[dict[str, Any]] = mapped_column(JSON)
    labels: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime.datetime]
    expires_at: Mapped[datetime.datetime]
    started_at: Mapped[datetime.datetime | None]
    ended_at: Mapped[datetime.datetime | None]
    call_id: Mapped[str | None] = mapped_column(String(36))
