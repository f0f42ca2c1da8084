"""Log-in tokens that were given up before their time."""

import datetime

from sqlalchemy.orm import Mapped

from storage.tables.base import Base, Id, Owned


class RevokedToken(Owned, Base):
    """One token; its row may go when the token has run out anyway.

    Attributes:
        id: The token's own id (`jti`).
    """

    __tablename__ = "revoked_token"

    id: Mapped[Id]
    expires_at: Mapped[datetime.datetime]
