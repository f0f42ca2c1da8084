"""Calls that go on now, as the control plane sees them."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One call of this process."""

    call_id: str
    account_id: str | None
    agent_id: str | None
    flow: str | None
    transport: str
    started_at: datetime.datetime


class LiveList(Protocol):
    """The calls of this process (`server.call_desk`)."""

    def live_calls(self, account_id: str) -> Sequence[LiveCall]:
        """Return those of an account, oldest first."""

    @property
    def draining(self) -> bool:
        """Whether streams should end, for the server is about to stop."""
