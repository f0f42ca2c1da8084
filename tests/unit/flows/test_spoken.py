"""Values as they are said and shown."""

from typing import Any

import pytest

from flows.interpolate import fill
from flows.spoken import shown, spoken


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ("2026-11-27", "date", "Friday the 27th of November"),
        ("2026-12-01", None, "Tuesday the 1st of December"),
        ("2027-01-02", "date", "Saturday the 2nd of January, 2027"),
        ("2026-12-23", "date", "Wednesday the 23rd of December"),
        ("2026-12-11", "date", "Friday the 11th of December"),
        ("2026-99-99", "date", "2026-99-99"),
        ("15:30", "time", "3:30 PM"),
        ("00:05", None, "12:05 AM"),
        ("12:00", "time", "12 PM"),
        ("09:00", "time", "9 AM"),
        ("29340", "digits", "2 9 3 4 0"),
        ("5551234567", "phone", "5 5 5, 1 2 3, 4 5 6 7"),
        ("5551234", "phone", "5 5 5, 1 2 3 4"),
        ("+442079460958", "phone", "plus 4 4, 2 0 7, 9 4 6, 0 9 5 8"),
        ("unknown", "phone", "unknown"),
        ("john.smith@mail-a.com", "email", "john dot smith at mail dash a dot com"),
        (True, "yes_no", "yes"),
        (False, None, "no"),
        (4.0, "number", "4"),
        (4.5, "number", "4.5"),
        (["a", "b", "c"], None, "a, b and c"),
        ("29340", "text", "29340"),
    ],
)
def test_a_value_is_said_as_a_person_would(value: Any, kind: str | None, said: str) -> None:
    assert spoken(value, kind, "2026-11-22") == said


def test_the_screen_gets_plain_values() -> None:
    assert [shown(value) for value in ("2026-11-27", True, 3.0, 3)] == ["2026-11-27", "yes", "3", "3"]


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    assert fill("{a}", {"a": "{b}", "b": "secret"}) == "{b}"
