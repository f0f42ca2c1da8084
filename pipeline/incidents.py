"""What went wrong with a call's providers, and what was done about it."""

from dataclasses import dataclass
from typing import Literal

import structlog

from kit.clock import Clock
from kit.errors import ProviderError
from pipeline.usage import Kind

log = structlog.get_logger()

Remedy = Literal["retried", "hedged", "replaced", "reconnected", "none"]


@dataclass(frozen=True, slots=True)
class Incident:
    """One failure.

    Attributes:
        provider: Which failed.
        code: Why, as in `ProviderError`.
        remedy: `retried` and `hedged` asked the same or the next once more, `replaced` went on with the next,
            `reconnected` sent the turn's sound again, `none` was left to the call.
        at_s: Since the call began.
    """

    kind: Kind
    provider: str
    code: str
    remedy: Remedy
    at_s: float


class IncidentLog:
    """Notes what one call met."""

    def __init__(self) -> None:
        """Start empty."""
        self._clock = Clock()
        self._noted: list[Incident] = []

    def note(self, kind: Kind, error: ProviderError, remedy: Remedy) -> None:
        """Keep it, on the loop's clock, and log it."""
        log.warning("provider_failed", kind=kind, provider=error.provider, code=error.code, remedy=remedy)
        self._noted.append(Incident(kind, error.provider, error.code, remedy, self._clock.now_s()))

    def since(self, began_s: float) -> tuple[Incident, ...]:
        """Return all, with times since then."""
        return tuple(
            Incident(each.kind, each.provider, each.code, each.remedy, round(each.at_s - began_s, 3))
            for each in self._noted
        )
