"""Bodies of the health routes."""

import datetime

from pydantic import BaseModel


class Health(BaseModel):
    """Whether the server works: the union of what the public APIs' health routes say.

    Attributes:
        service: The name under which the asking API's clients know us.
        server: Our own name.
        database: `connected`, or `unreachable`.
        active_participants: Who is enrolled in messages; nobody can be yet.
    """

    status: str
    ok: bool
    service: str
    server: str
    version: str
    timestamp: datetime.datetime
    database: str
    active_participants: int
    active_calls: int
    max_calls: int
    error: str | None = None


class Readiness(BaseModel):
    """Whether the server takes new calls."""

    ready: bool
    active_calls: int
    max_calls: int
    reason: str | None = None
