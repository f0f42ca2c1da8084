"""Which provider an account wants for a kind of work, and its own key for it."""

import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class ProviderChoice(Owned, Base):
    """One account's choice for one kind.

    Attributes:
        kind: `stt`, `tts` or `llm`.
        sealed_key: Encrypted; None: the server's own key is used.
        hint: The end of the key, for people who have several; empty for short ones.
        model: Empty for the provider's usual one.
        voice: Likewise, of `tts`.
        language: Of the whole call, kept with `stt`; empty leaves it to the server.
    """

    __tablename__ = "provider_choice"
    __table_args__ = (UniqueConstraint("account_id", "kind"),)

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(8))
    provider: Mapped[str] = mapped_column(String(50))
    sealed_key: Mapped[str | None] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(String(8))
    model: Mapped[str] = mapped_column(String(200))
    voice: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(35))
    changed_at: Mapped[datetime.datetime]
