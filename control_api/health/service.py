"""Judge the server's state."""

import datetime

from control_api.health.schemas import Health, Readiness
from control_api.ports import ServerState


def health(state: ServerState, version: str, utc: datetime.datetime) -> Health:
    """Say whether the server works."""
    problem = state.problem()
    return Health(
        status="ok" if problem is None else "degraded",
        ok=problem is None,
        service="antiphon",
        version=version,
        timestamp=utc,
        active_calls=state.active_calls,
        max_calls=state.max_calls,
        error=problem,
    )


def readiness(state: ServerState) -> Readiness:
    """Say whether the server takes new calls; a full one is ready, for its calls end."""
    reason = "draining" if state.draining else state.problem()
    return Readiness(ready=reason is None, active_calls=state.active_calls, max_calls=state.max_calls, reason=reason)
