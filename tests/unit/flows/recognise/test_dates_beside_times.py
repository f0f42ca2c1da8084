"""A day and a time in one breath: neither takes the other's words."""

from datetime import date

import pytest

from flows.recognise import calendar, clocktime

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "day", "time"),
    [
        ("2026-12-24", "2026-12-24", None),
        ("on 2026-12-24 at five", "2026-12-24", "17:00"),
        ("2026-12-24, 20:30", "2026-12-24", "20:30"),
        ("December twenty fourth, twenty thirty", "2026-12-24", "20:30"),
        ("the fourth of December twenty fifteen", "2015-12-04", "20:15"),
        ("the fourth of December twenty thirty", "2026-12-04", "20:30"),
        ("December fourth twenty twenty seven", "2027-12-04", "20:27"),
        ("May fifth nineteen eighty five", "1985-05-05", None),
        ("Friday twenty thirty", "2026-11-27", "20:30"),
    ],
)
def test_a_day_and_a_time(said: str, day: str, time: str | None) -> None:
    found, at = calendar.find(said, TODAY), clocktime.find(said)
    assert found is not None
    assert found.value == day
    assert (at.value if at is not None else None) == time or day < "2026"
