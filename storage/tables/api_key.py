"""A key by which a program acts for an account."""

import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class ApiKey(Owned, Base):
    """One key; only the hash of its secret is kept.

    Attributes:
        prefix: What a listing shows of the secret.
        secret_hash: SHA-256 of the whole key, in hex: keys are random, so no slow hash is needed.
        scopes: What it may do; see `control_api.auth`.
    """

    __tablename__ = "api_key"

    id: Mapped[Id]
    prefix: Mapped[str] = mapped_column(String(32))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime.datetime]
    expires_at: Mapped[datetime.datetime | None]
    last_used_at: Mapped[datetime.datetime | None]
    revoked_at: Mapped[datetime.datetime | None]
