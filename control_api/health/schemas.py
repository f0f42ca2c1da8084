"""Bodies of the health routes."""

import datetime

from pydantic import BaseModel


class Health(BaseModel):
    """Whether the server works: the union of what the public APIs' health routes say."""

    status: str
    ok: bool
    service: str
    version: str
    timestamp: datetime.datetime
    active_calls: int
    max_calls: int
    error: str | None = None


class Readiness(BaseModel):
    """Whether the server takes new calls."""

    ready: bool
    active_calls: int
    max_calls: int
    reason: str | None = None
