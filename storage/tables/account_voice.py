"""A voice that an account has at a vendor, beside those of the catalogue."""

import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class AccountVoice(Owned, Base):
    """One voice.

    Attributes:
        tts_row_id: The catalogue's id of the model that speaks with it.
        engine: The vendor's name for it.
    """

    __tablename__ = "account_voice"
    __table_args__ = (UniqueConstraint("account_id", "tts_row_id", "name"),)

    id: Mapped[Id]
    tts_row_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(100))
    engine: Mapped[str] = mapped_column(String(100))
    language: Mapped[str | None] = mapped_column(String(40))
    added_at: Mapped[datetime.datetime]
