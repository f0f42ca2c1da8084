"""Pipecat's errors as ours; their text is left out, since it repeats what a vendor was sent."""

from typing import Any

from kit.errors import ProviderError
from providers.pipecat_host.library import ErrorCategory

_REFUSALS = {
    ErrorCategory.AUTHENTICATION: ("refuses the key", "provider.key"),
    ErrorCategory.AUTHORIZATION: ("refuses the key", "provider.key"),
    ErrorCategory.INVALID_REQUEST: ("refuses the request", "provider.refused"),
    ErrorCategory.APPLICATION: ("refuses the request", "provider.refused"),
    ErrorCategory.QUOTA: ("wants to be paid", "provider.refused"),
}


def translated(provider: str, frame: Any) -> ProviderError:
    """Return what an `ErrorFrame` says."""
    if frame.category in _REFUSALS:
        message, code = _REFUSALS[frame.category]
        return ProviderError(provider, message, retryable=False, code=code)
    if frame.category is ErrorCategory.RATE_LIMIT:
        return ProviderError(provider, "wants fewer requests", retryable=True, code="provider.rate_limited")
    cause = f": {type(frame.exception).__name__}" if frame.exception is not None else ""
    return ProviderError(provider, f"failed{cause}", retryable=True)


def stalled(provider: str, message: str) -> ProviderError:
    """Return the error of one that does not go on."""
    return ProviderError(provider, message, retryable=True, code="provider.stalled")
