"""A clock for the control plane that goes on only when told to."""

import datetime
from dataclasses import dataclass

START = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)


@dataclass
class SetClock:
    """A clock that goes on only when told to."""

    passed_s: float = 0.0

    def now_s(self) -> float:
        return self.passed_s

    def utc(self) -> datetime.datetime:
        return START + datetime.timedelta(seconds=self.passed_s)
