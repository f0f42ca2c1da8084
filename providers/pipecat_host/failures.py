"""Pipecat's errors as ours; their text is left out, since it repeats what a vendor was sent."""

from typing import Any

from kit.errors import ProviderError
from providers.pipecat_host.library import ErrorCategory
from providers.retry_after import retry_after_s

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
        wait_s = _wait_s(frame.exception)
        message = "wants fewer requests"
        return ProviderError(provider, message, retryable=True, code="provider.rate_limited", retry_after_s=wait_s)
    cause = f": {type(frame.exception).__name__}" if frame.exception is not None else ""
    return ProviderError(provider, f"failed{cause}", retryable=True)


def _wait_s(exception: BaseException | None) -> float | None:
    """Return what the refusal said of another try: SDKs and sockets keep the answer in `response`."""
    headers = getattr(getattr(exception, "response", None), "headers", None)
    return retry_after_s(429, headers) if headers is not None else None


def stalled(provider: str, message: str) -> ProviderError:
    """Return the error of one that does not go on."""
    return ProviderError(provider, message, retryable=True, code="provider.stalled")
