"""Judge the server's state."""

import datetime

from control_api.health.schemas import Health, Readiness
from control_api.ports import ServerState

# What the public APIs' clients compare; the first is what is said when nobody asks for another.
WORDS = {
    "prepatu": ("ok", "prepatu-cloud"),
    "kupe": ("healthy", "milli-ai-backend"),
    "promptpipe": ("healthy", "antiphon"),
}


def health(
    state: ServerState, version: str, utc: datetime.datetime, database_problem: str | None, dialect: str
) -> Health:
    """Say whether the server works, in the words of a dialect."""
    problem = database_problem or state.problem()
    fine, service = WORDS[dialect]
    return Health(
        status=fine if problem is None else "degraded",
        ok=problem is None,
        service=service,
        server="antiphon",
        version=version,
        timestamp=utc,
        database="connected" if database_problem is None else "unreachable",
        active_participants=0,
        active_calls=state.active_calls,
        max_calls=state.max_calls,
        error=problem,
    )


def readiness(state: ServerState, database_problem: str | None) -> Readiness:
    """Say whether the server takes new calls; a full one is ready, for its calls end."""
    reason = "draining" if state.draining else database_problem or state.problem()
    return Readiness(ready=reason is None, active_calls=state.active_calls, max_calls=state.max_calls, reason=reason)
