"""A conversation that an account keeps with us."""

import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class Flow(Owned, Base):
    """One flow; what it says is in its versions.

    Attributes:
        id: `f-` and a UUIDv7 in hex.
        name: What people call it.
        document_id: The `id` in its newest document, by which other flows call it.
        version: The number of its newest version.
    """

    __tablename__ = "flow"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    document_id: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    created_at: Mapped[datetime.datetime]
    updated_at: Mapped[datetime.datetime]
