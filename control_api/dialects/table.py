"""Which public API a path belongs to, and who gets a path that two of them want."""

from control_api import errors
from control_api.dialects.kupe import errors as kupe_errors
from control_api.dialects.prepatu import errors as prepatu_errors
from control_api.errors import Encoder, Problem

DIALECTS: dict[str, Encoder] = {
    "/api/v1": kupe_errors.encode,
    "/api/call": kupe_errors.encode,
    "/billing": kupe_errors.encode,
    "/auth": prepatu_errors.encode,
    "/v1": prepatu_errors.encode,
    "/webhooks/paddle": prepatu_errors.encode,
    "/webhooks/freemius": prepatu_errors.encode,
}
"""By first segments; what is not here is our own."""

ERROR_BODIES = (errors.OwnErrorBody, prepatu_errors.ErrorBody, kupe_errors.KupeErrorBody)
"""For the OpenAPI document; no two have one name."""

_BEFORE_IDS = "A fixed name, routed before `/{id}`."
SETTLED: dict[tuple[str, str], str] = {
    ("GET", "/api/v1/agents/summary"): _BEFORE_IDS,
    ("GET", "/api/v1/agents/stats"): _BEFORE_IDS,
    ("GET", "/api/v1/feature-flags/me"): _BEFORE_IDS,
    ("GET", "/api/v1/phone/active"): _BEFORE_IDS,
    ("GET", "/api/v1/phone/mapping"): _BEFORE_IDS,
}
"""Paths with several takers, by method, and how it is settled; a test fails on others."""

_KUPE = frozenset({"/api/v1", "/api/call", "/billing"})
_OPEN = frozenset({"/.well-known/jwks.json", "/health", "/ready", "/capabilities"})


def is_public(path: str) -> bool:
    """Say whether pages of other sites may use a path."""
    return path in _OPEN or _prefix(path) is not None


def encoder_for(path: str) -> Encoder:
    """Return how errors are worded for a path."""
    prefix = _prefix(path)
    return errors.encode if prefix is None else DIALECTS[prefix]


def status_for(path: str, problem: Problem) -> int:
    """Return the status of a problem for a path."""
    return kupe_errors.status(problem) if _prefix(path) in _KUPE else problem.status


def _prefix(path: str) -> str | None:
    found = [prefix for prefix in DIALECTS if path == prefix or path.startswith(f"{prefix}/")]
    return max(found, key=len, default=None)
