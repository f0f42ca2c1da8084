"""What was sent to an address by mail, to prove that it is somebody's (docs/adr/0019)."""

import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id


class MailedCode(Base):
    """The newest code or link for one purpose and address; nobody's tenant, for the address may have no account yet.

    Attributes:
        purpose: `control_api.accounts.mailed_codes.Purpose`.
        secret_hash: HMAC of what was sent.
        tries_left: How often it may still be compared.
    """

    __tablename__ = "mailed_code"
    __table_args__ = (UniqueConstraint("purpose", "email_key"),)

    id: Mapped[Id]
    purpose: Mapped[str] = mapped_column(String(16))
    email_key: Mapped[str] = mapped_column(String(320))
    secret_hash: Mapped[str] = mapped_column(String(64), index=True)
    tries_left: Mapped[int]
    expires_at: Mapped[datetime.datetime] = mapped_column(index=True)
