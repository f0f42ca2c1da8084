"""What a flow said at some time."""

import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class FlowVersion(Owned, Base):
    """One document, as it was written; never changed.

    Attributes:
        number: From 1.
        text: VFDL, as it was uploaded.
        size_bytes: Of the text in UTF-8.
        made_by: The user or the key that wrote it; empty for who needs no log-in.
        note: Why there is this version, such as `restored version 3`.
    """

    __tablename__ = "flow_version"
    __table_args__ = (UniqueConstraint("flow_id", "number"),)

    id: Mapped[Id]
    flow_id: Mapped[str] = mapped_column(String(36), ForeignKey("flow.id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text, deferred=True, deferred_raiseload=True)
    size_bytes: Mapped[int]
    made_at: Mapped[datetime.datetime]
    made_by: Mapped[str] = mapped_column(String(36))
    note: Mapped[str] = mapped_column(String(200))
