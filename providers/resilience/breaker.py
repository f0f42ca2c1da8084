"""Decides whether a provider is asked at all. Pure, but for being shared by all calls of the process."""

from dataclasses import dataclass, replace

from kit.errors import ProviderError

_FAILURES = 3  # in a row
_FIRST_REST_S = 5.0
_LONGEST_REST_S = 60.0
_LONGEST_HOLD_S = 3600.0  # a service that names a longer one is asked again after so long
_AT_ONCE = {"provider.key": _LONGEST_REST_S, "provider.rate_limited": _FIRST_REST_S}


@dataclass(frozen=True, slots=True)
class Health:
    """How a provider has been doing.

    Attributes:
        failures: In a row.
        rest_s: How long it rests after the next failure that counts.
        asked_again_s: When it may be tried again; None while it is well.
        held_to_s: Until when it asked to be left in peace.
    """

    failures: int = 0
    rest_s: float = _FIRST_REST_S
    asked_again_s: float | None = None
    held_to_s: float = 0.0


def failed(health: Health, error: ProviderError, now_s: float) -> Health:
    """Return the health after a failure.

    It rests after three in a row, at once if it was resting before, has no valid key or wants fewer requests; each
    rest is twice as long as the one before it. One that says how long it wants to rest rests for so long.
    """
    failures = health.failures + 1
    if error.retry_after_s is not None:
        held_to_s = max(health.held_to_s, now_s + min(error.retry_after_s, _LONGEST_HOLD_S))
        return replace(health, failures=failures, asked_again_s=held_to_s, held_to_s=held_to_s)
    at_once = _AT_ONCE.get(error.code)
    if at_once is None and failures < _FAILURES and health.asked_again_s is None:
        return replace(health, failures=failures)
    rest_s = max(at_once or 0.0, health.rest_s)
    return replace(
        health,
        failures=failures,
        rest_s=min(2 * rest_s, _LONGEST_REST_S),
        asked_again_s=max(now_s + rest_s, health.held_to_s),
    )


class Breaker:
    """One provider's health."""

    def __init__(self) -> None:
        """Be well."""
        self._health = Health()

    def is_open(self, now_s: float) -> bool:
        """Whether it is left in peace now."""
        return self._health.asked_again_s is not None and now_s < self._health.asked_again_s

    def is_held(self, now_s: float) -> bool:
        """Whether it asked not to be asked now, even if there is nobody else."""
        return now_s < self._health.held_to_s

    def admit(self, now_s: float) -> bool:
        """Whether it may be asked now; when a rest is over, one request tries and the others wait for its outcome."""
        health = self._health
        if health.asked_again_s is None:
            return True
        if now_s < health.asked_again_s:
            return False
        self._health = replace(health, asked_again_s=now_s + _FIRST_REST_S, held_to_s=0.0)
        return True

    def succeeded(self) -> None:
        """It answered, perhaps what it was asked before it wanted to be left in peace."""
        held_to_s = self._health.held_to_s
        self._health = Health(asked_again_s=held_to_s or None, held_to_s=held_to_s)

    def failed(self, error: ProviderError, now_s: float) -> None:
        """It did not answer; what is the request's own fault does not count."""
        if error.retryable or error.retry_after_s is not None or error.code in _AT_ONCE:
            self._health = failed(self._health, error, now_s)
