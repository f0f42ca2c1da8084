"""A person who logs in."""

import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class User(Owned, Base):
    """One person; an account has at least one.

    Attributes:
        email: As written; `email_key` is what is compared.
        email_verified_at: When it was proven to be this person's.
        password_hash: None: this person logs in otherwise.
        tokens_from: Log-in tokens made before this time are void.
    """

    __tablename__ = "user"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    email_verified_at: Mapped[datetime.datetime | None]
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    tokens_from: Mapped[datetime.datetime]
    created_at: Mapped[datetime.datetime]
