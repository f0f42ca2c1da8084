"""How long a service wants to be left in peace, as its answers say."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from kit.clock import Clock

_clock = Clock()


def retry_after_s(status: int, headers: Mapping[str, str]) -> float | None:
    """Return what a refusal asks for; None where it asks for nothing that can be understood.

    Args:
        status: Of HTTP; only those that refuse for a while (429, 503) are believed.
        headers: Of any case. `Retry-After` holds seconds or a date (RFC 9110, 10.2.3); some services say
            `retry-after-ms` besides, which is more exact.
    """
    if status not in (429, 503):
        return None
    known = {name.lower(): value.strip() for name, value in headers.items()}
    exact_ms, told = _number(known.get("retry-after-ms")), known.get("retry-after", "")
    if exact_ms is not None:
        return exact_ms / 1000
    seconds = _number(told)
    return seconds if seconds is not None else _until(told)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _until(text: str) -> float | None:
    try:
        when = parsedate_to_datetime(text)
        return max(0.0, (when - _clock.utc()).total_seconds())
    except (TypeError, ValueError):  # no date, or one without a zone
        return None
