"""Which features an account has switched off."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class FeatureFlags(Owned, Base):
    """The switches of one account; what is not named is on."""

    __tablename__ = "feature_flags"

    account_id: Mapped[str] = mapped_column(String(36), ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    flags: Mapped[dict[str, Any]] = mapped_column(JSON)
