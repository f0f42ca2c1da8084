"""What lets one media socket of a carrier in, once (docs/adr/0022)."""

import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class MediaTicket(Owned, Base):
    """One ticket; it is deleted when it is spent.

    Attributes:
        token_hash: SHA-256 of the token, in hex.
        carrier_call: The carrier's id of the call, if it was known.
        request: The call that the socket carries, as JSON values.
    """

    __tablename__ = "media_ticket"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    line_id: Mapped[str | None] = mapped_column(String(36))
    carrier_call: Mapped[str | None] = mapped_column(String(100))
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime.datetime] = mapped_column(index=True)
