"""A call that we want to make: written before anybody is dialled (docs/adr/0023)."""

import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Id, Owned


class CallIntent(Owned, Base):
    """One call to be made, and what became of it.

    Attributes:
        id: Also the call's own id.
        key: Whoever asked named it so; asking again with it makes no second call.
        fingerprint: Of what was asked.
        to_number: E.164.
        state: `dialling` until the carrier has named the call, `placed` while it goes on, `over`.
        status: As the carriers say (`kit.phone_calls.CallStatus`).
        sequence: Of the newest callback that counted.
        error: Our code, if no call came of it.
        message: What a machine is told, where the policy is to leave a message.
        introduction: What a helper is told that asks who calls and why; empty for the opening line.
        recording: The carrier's id of its own recording, if there is one.
        lease_until: Until then it takes up a place among the account's and the line's calls; None: it does not.
        next_look_at: When the carrier is asked how it is; None: never again.
    """

    __tablename__ = "call_intent"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index(None, "account_id", "dialled_at"),
        Index(None, "account_id", "lease_until"),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64))
    line_id: Mapped[str] = mapped_column(String(36), index=True)
    to_number: Mapped[str] = mapped_column(String(20))
    target_kind: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[str] = mapped_column(String(200))
    target_version_id: Mapped[str | None] = mapped_column(String(36))
    variables: Mapped[dict[str, Any]] = mapped_column(JSON)
    labels: Mapped[dict[str, Any]] = mapped_column(JSON)
    machine_policy: Mapped[str] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(Text)
    introduction: Mapped[str] = mapped_column(Text)
    ring_timeout_s: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(12))
    sequence: Mapped[int | None]
    carrier_call: Mapped[str | None] = mapped_column(String(100), index=True)
    answered_by: Mapped[str | None] = mapped_column(String(24))
    error: Mapped[str | None] = mapped_column(String(64))
    recording: Mapped[str | None] = mapped_column(String(100))
    dialled_at: Mapped[datetime.datetime]
    ended_at: Mapped[datetime.datetime | None]
    duration_s: Mapped[int | None]
    lease_until: Mapped[datetime.datetime | None]
    next_look_at: Mapped[datetime.datetime | None] = mapped_column(index=True)
