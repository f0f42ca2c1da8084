"""A customer: whom flows, sessions and money belong to."""

import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id


class Account(Base):
    """One tenant."""

    __tablename__ = "account"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime.datetime]
