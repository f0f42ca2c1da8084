"""The contract's words for how far back."""

import datetime
from typing import Literal

Period = Literal["day", "week", "month", "4months", "year", "all"]
_DAYS: dict[str, int] = {"day": 1, "week": 7, "month": 30, "4months": 122, "year": 365}


def since_of(period: Period, now: datetime.datetime) -> datetime.datetime | None:
    """Return when a period began; None for all time."""
    return now - datetime.timedelta(days=_DAYS[period]) if period in _DAYS else None
