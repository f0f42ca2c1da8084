"""What all tables share: names of constraints, kinds of columns, and whose a row is."""

import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, Integer, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.ids import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcTime(TypeDecorator[datetime.datetime]):
    """Aware UTC, also on SQLite, which forgets zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """Refuse a time without a zone."""
        if value is None:
            return None
        assert value.tzinfo is not None, "times are aware"
        return value.astimezone(datetime.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime.datetime | None:
        """Say that it is UTC."""
        if value is None:
            return None
        assert isinstance(value, datetime.datetime)
        return value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)


class Base(DeclarativeBase):
    """Of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    # Money and sizes are 64 bits; SQLite numbers a primary key by itself only when it is INTEGER.
    type_annotation_map: ClassVar = {datetime.datetime: UtcTime(), int: BigInteger().with_variant(Integer, "sqlite")}


Id = Annotated[str, mapped_column(String(36), primary_key=True, default=uuid7)]  # UUIDv7: sorts by time of making


class Owned:
    """A row that belongs to an account; queries see only their tenant's (see `storage.engine`)."""

    account_id: Mapped[str] = mapped_column(String(36), ForeignKey("account.id", ondelete="CASCADE"), index=True)
