"""Values as they are said aloud and as they are shown."""

import re
from datetime import date
from itertools import pairwise
from typing import Any, Final

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def shown(value: Any) -> str:
    """A value as text for the screen and for prompts."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return listed([shown(item) for item in value])
    return str(value)


def spoken(value: Any, kind: str | None = None, today: str = "") -> str:
    """A value as a person would say it, such as `Friday the 27th of November` or `3:30 PM`.

    Args:
        value: The variable's value.
        kind: Its recogniser, if known.
        today: ISO date; the year is said only when it is another one.
    """
    text = shown(value)
    if isinstance(value, str):
        if kind in ("date", None) and _DATE.fullmatch(text):
            return _date(text, today)
        if kind in ("time", None) and (match := _TIME.fullmatch(text)):
            return _time(int(match[1]), match[2])
        if kind == "email":
            return _email(text)
    if kind == "digits":
        return " ".join(text)
    return _phone(text) if kind == "phone" else text


def listed(words: list[str], last: str = "and") -> str:
    """Join as `A, B and C`."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def ordinal(number: int) -> str:
    """Write `1st`, `22nd`, `13th`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _date(text: str, today: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    year = "" if text[:4] == today[:4] else f", {day.year}"
    return f"{_DAYS[day.weekday()]} the {ordinal(day.day)} of {_MONTHS[day.month - 1]}{year}"


def _time(hour: int, minute: str) -> str:
    half = "AM" if hour < 12 else "PM"
    return f"{(hour + 11) % 12 + 1}{'' if minute == '00' else ':' + minute} {half}"


def _email(text: str) -> str:
    for sign, word in (("@", " at "), (".", " dot "), ("_", " underscore "), ("-", " dash "), ("+", " plus ")):
        text = text.replace(sign, word)
    return text


def _phone(text: str) -> str:
    plus = "plus " if text.startswith("+") else ""
    digits = text.lstrip("+")
    if not digits.isdigit():
        return text
    head = len(digits) - 10 if len(digits) > 10 else 0
    cuts = sorted({0, head, head + 3, head + 6, len(digits)}) if len(digits) >= 10 else [0, 3, len(digits)]
    groups = [digits[a:b] for a, b in pairwise(cuts) if digits[a:b]]
    return plus + ", ".join(" ".join(group) for group in groups)
