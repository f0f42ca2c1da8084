"""Pipecat's errors as ours; their text is left out, since it repeats what a vendor was sent."""

import re
from typing import Any, cast

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from kit.errors import ProviderError
from providers.pipecat_host.library import ErrorCategory, classify_http_status_code
from providers.retry_after import retry_after_s

_STATUS = re.compile(r"status_code\W{1,4}(4\d\d)\b")
_OF_KEYS = re.compile(r"authori[sz]|api.?key|token|credential", re.IGNORECASE)
_REFUSALS = {
    ErrorCategory.AUTHENTICATION: ("refuses the key", "provider.key"),
    ErrorCategory.AUTHORIZATION: ("refuses the key", "provider.key"),
    ErrorCategory.INVALID_REQUEST: ("refuses the request", "provider.refused"),
    ErrorCategory.APPLICATION: ("refuses the request", "provider.refused"),
    ErrorCategory.QUOTA: ("wants to be paid", "provider.refused"),
}


def translated(provider: str, frame: Any) -> ProviderError:
    """Return what an `ErrorFrame` says."""
    category = _category(frame)
    if category in _REFUSALS:
        message, code = _REFUSALS[category]
        return ProviderError(provider, message, retryable=False, code=code)
    if category is ErrorCategory.RATE_LIMIT:
        wait_s = _wait_s(frame.exception)
        message = "wants fewer requests"
        return ProviderError(provider, message, retryable=True, code="provider.rate_limited", retry_after_s=wait_s)
    cause = f": {type(frame.exception).__name__}" if frame.exception is not None else ""
    return ProviderError(provider, f"failed{cause}", retryable=True)


def _category(frame: Any) -> ErrorCategory:
    """Return the kind of failure; where a service does not say, the vendor's own code may stand in its words."""
    if frame.category not in (None, ErrorCategory.UNKNOWN):
        return cast("ErrorCategory", frame.category)
    if isinstance(frame.exception, ConnectionClosed) and frame.exception.rcvd is not None:
        if frame.exception.rcvd.code != CloseCode.POLICY_VIOLATION:
            return ErrorCategory.UNKNOWN
        about_key = _OF_KEYS.search(frame.exception.rcvd.reason)
        return ErrorCategory.AUTHENTICATION if about_key else ErrorCategory.INVALID_REQUEST
    found = _STATUS.search(frame.error)
    return classify_http_status_code(int(found[1])) if found else ErrorCategory.UNKNOWN


def _wait_s(exception: BaseException | None) -> float | None:
    """Return what the refusal said of another try: SDKs and sockets keep the answer in `response`."""
    headers = getattr(getattr(exception, "response", None), "headers", None)
    return retry_after_s(429, headers) if headers is not None else None


def stalled(provider: str, message: str) -> ProviderError:
    """Return the error of one that does not go on."""
    return ProviderError(provider, message, retryable=True, code="provider.stalled")
