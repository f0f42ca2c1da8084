"""A path that a key may use."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class ApiKeyPath(Owned, Base):
    """One rule of a key; a key without any has what its role has.

    Attributes:
        allowed_path_prefix: Whole segments, without a slash at the end.
        allowed_method: Of HTTP, or `*`.
    """

    __tablename__ = "api_key_path"

    id: Mapped[Id]
    key_id: Mapped[str] = mapped_column(String(36), ForeignKey("api_key.id", ondelete="CASCADE"), index=True)
    allowed_path_prefix: Mapped[str] = mapped_column(String(300))
    allowed_method: Mapped[str] = mapped_column(String(8))
