"""Calls that go on now, on whatever node: those whose meter runs (docs/adr/0016)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from storage.repositories import call_meters


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One call."""

    call_id: str
    agent_id: str | None
    flow: str | None
    transport: str
    started_at: datetime.datetime


async def live_calls(session: AsyncSession) -> Sequence[LiveCall]:
    """Return the calls of an account that go on, oldest first; one whose process died until it is found dead."""
    return [
        LiveCall(row.about["call_id"], row.about["agent_id"], row.about["flow"], row.about["transport"], row.started_at)
        for row in await call_meters.running(session)
    ]
