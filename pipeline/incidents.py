"""What went wrong with a call's providers, and what was done about it."""

from dataclasses import dataclass, replace
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
        retry_after_s: How long the provider asked to be left in peace, and is; None where it did not.
    """

    kind: Kind
    provider: str
    code: str
    remedy: Remedy
    at_s: float
    retry_after_s: float | None = None


class IncidentLog:
    """Notes what one call met."""

    def __init__(self) -> None:
        """Start empty."""
        self._clock = Clock()
        self._noted: list[Incident] = []

    def note(self, kind: Kind, error: ProviderError, remedy: Remedy) -> None:
        """Keep it, on the loop's clock, and log it."""
        log.warning("provider_failed", kind=kind, provider=error.provider, code=error.code, remedy=remedy)
        now_s = self._clock.now_s()
        self._noted.append(Incident(kind, error.provider, error.code, remedy, now_s, error.retry_after_s))

    def note_unavailable(self, kind: Kind, error: ProviderError) -> None:
        """The call does without; says so once, where nobody who tried has."""
        if not any(each.kind == kind and each.remedy == "none" for each in self._noted):
            self.note(kind, error, "none")

    def since(self, began_s: float) -> tuple[Incident, ...]:
        """Return all, with times since then."""
        return tuple(replace(each, at_s=round(each.at_s - began_s, 3)) for each in self._noted)
