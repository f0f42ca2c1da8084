"""A date."""

import re
from calendar import isleap
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from rapidfuzz import fuzz

from flows.recognise.cardinals import below_hundred, cardinal, ordinal
from flows.recognise.reading import Reading, Token, tokens

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT_DAYS: Final = {
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "weds": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_SHORT_MONTHS: Final = {"sept": 9} | {name[:3]: index + 1 for index, name in enumerate(_MONTHS)}
_ISO: Final = re.compile(r"\b([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})\b")
_SLASHED: Final = re.compile(r"\b([0-9]{1,2})[/.-]([0-9]{1,2})(?:[/.-]([0-9]{4}|[0-9]{2}))?\b(?!\s*(?:[ap]\.?m|%))")
_NEAR_YEARS: Final = 3
_UNITS: Final = {"day": 1, "days": 1, "week": 7, "weeks": 7}


def find(text: str, today: date, asked: bool = True) -> Reading | None:
    """A day as an ISO date; one without a year is the next such day, `today` included.

    `next Friday` is the Friday of next week (Monday to Sunday); `Friday` and `this Friday` are the coming one.

    Args:
        text: What was said.
        today: The caller's day.
        asked: Whether a date was asked for; then `the 27th`, `Tue` and what sounds like a weekday count too.
    """
    found = tokens(text)
    ways: list[Callable[[], tuple[date, int, int] | None]] = [
        lambda: _written(text, today, asked),
        lambda: _month_and_day(found, today),
        lambda: _relative(found, today),
        lambda: _day_of_month(found, today, asked),
        lambda: _weekday(found, today, asked),
    ]
    for way in ways:
        try:
            hit = way()
        except (ValueError, OverflowError):  # the 31st of February, or past the end of the calendar
            return None
        if hit is not None:
            return Reading(hit[0].isoformat(), hit[1], hit[2])
    return None


def _written(text: str, today: date, asked: bool) -> tuple[date, int, int] | None:
    match = _ISO.search(text)
    if match is not None:
        return date(int(match[1]), int(match[2]), int(match[3])), match.start(), match.end()
    match = _SLASHED.search(text)
    if match is None or (match[3] is None and "/" not in match[0] and not asked):
        return None
    year = None if match[3] is None else int(match[3]) + (2000 if len(match[3]) == 2 else 0)
    return _ahead(int(match[1]), int(match[2]), year, today), match.start(), match.end()


def _month_and_day(found: list[Token], today: date) -> tuple[date, int, int] | None:
    for index, token in enumerate(found):
        month = _month(token.word)
        if month is None:
            continue
        said_before = index > 0 and found[index - 1].word == "of"  # "of December twenty thirty": that is no 20th
        after = None if said_before else _day(found, index + 1)
        if after is not None:
            year, end = _year(found, after[1], today)
            return _ahead(month, after[0], year, today), token.start, found[end - 1].end
        before = _day_before(found, index)
        if before is not None:
            year, end = _year(found, index + 1, today)
            return _ahead(month, before[0], year, today), found[before[1]].start, found[end - 1].end
    return None


def _month(word: str) -> int | None:
    if word in _MONTHS:
        return _MONTHS.index(word) + 1
    return None if word == "may" else _SHORT_MONTHS.get(word)


def _day(found: list[Token], at: int) -> tuple[int, int] | None:
    """The day after a month's name: `5`, `5th`, `the fifth`."""
    if at < len(found) and found[at].word == "the":
        at += 1
    hit = ordinal(found, at) or below_hundred(found, at)
    return hit if hit is not None and 1 <= hit[0] <= 31 else None


def _day_before(found: list[Token], at: int) -> tuple[int, int] | None:
    """The day before a month's name, and the index where it starts."""
    end = at - 1 if at > 0 and found[at - 1].word == "of" else at
    for size in (2, 1):
        start = end - size
        if start < 0:
            continue
        hit = ordinal(found, start) or below_hundred(found, start)
        if hit is not None and hit[1] == end and 1 <= hit[0] <= 31:
            return hit[0], start
    return None


def _year(found: list[Token], at: int, today: date) -> tuple[int | None, int]:
    """A year at `at`, in four digits or as `twenty twenty seven` or `two thousand five`, and the index after it.

    `twenty thirty` after a day is rather half past eight, unless that year is near.
    """
    if at >= len(found):
        return None, at
    if found[at].is_number and len(found[at].word) == 4 and found[at].word[:2] in ("19", "20"):
        return int(found[at].word), at + 1
    century = below_hundred(found, at)
    if century is not None and century[0] in (19, 20) and not found[at].is_number:
        rest = below_hundred(found, century[1])
        if rest is not None and rest[0] >= 10 and century[0] * 100 + rest[0] <= today.year + _NEAR_YEARS:
            return century[0] * 100 + rest[0], rest[1]
    whole = cardinal(found, at)
    if whole is not None and 2000 <= whole[0] <= 2099:
        return whole
    return None, at


def _ahead(month: int, day: int, year: int | None, today: date) -> date:
    """The day in `year`, or the next such day from `today` on (a leap day may be some years away)."""
    if year is not None:
        return date(year, month, day)
    years = (each for each in range(today.year, today.year + 9) if (month, day) != (2, 29) or isleap(each))
    return next(candidate for each in years if (candidate := date(each, month, day)) >= today)


def _relative(found: list[Token], today: date) -> tuple[date, int, int] | None:
    for index, token in enumerate(found):
        if token.word in ("today", "tonight"):
            return today, token.start, token.end
        if token.word in ("tomorrow", "tomorrow's"):
            late = index >= 2 and [found[index - 2].word, found[index - 1].word] == ["day", "after"]
            start = found[index - 2].start if late else token.start
            return today + timedelta(days=2 if late else 1), start, token.end
        if token.word in _UNITS:
            hit = _count_of(found, index, today)
            if hit is not None:
                return hit
    return None


def _count_of(found: list[Token], index: int, today: date) -> tuple[date, int, int] | None:
    """`in three days`, `a week from today`, `two weeks from now`."""
    start = max(0, index - 3)
    before = [token.word for token in found[start:index]]
    after = [token.word for token in found[index + 1 : index + 3]]
    from_now = after[:1] == ["from"] and after[1:] in (["now"], ["today"])
    if not from_now and "in" not in before:
        return None
    count = 1 if before[-1:] in (["a"], ["one"]) else None
    if count is None:
        size = below_hundred(found, index - 2) if index >= 2 else None
        size = size if size is not None and size[1] == index else below_hundred(found, index - 1)
        count = size[0] if index >= 1 and size is not None and size[1] == index else None
    if count is None:
        return None
    end = found[index + 2].end if from_now else found[index].end
    return today + timedelta(days=count * _UNITS[found[index].word]), found[start].start, end


def _day_of_month(found: list[Token], today: date, asked: bool) -> tuple[date, int, int] | None:
    """`the 27th`, also with a weekday before it that the day then has to have."""
    for index, token in enumerate(found):
        hit = ordinal(found, index)
        if hit is None and index > 0 and found[index - 1].word == "the" and token.is_number:
            hit = below_hundred(found, index)
        named = _weekday_before(found, index)
        if hit is None or not 1 <= hit[0] <= 31 or not (asked or named is not None):
            continue
        if hit[1] < len(found) and found[hit[1]].word in ("one", "option", "choice"):
            continue
        start = found[index - 2].start if named is not None else token.start
        day = _next_day_of_month(hit[0], named, today) or _next_day_of_month(hit[0], None, today)
        assert day is not None, "any day of the month comes within a year"
        return day, start, found[hit[1] - 1].end
    return None


def _weekday_before(found: list[Token], index: int) -> int | None:
    if index >= 2 and found[index - 1].word == "the" and found[index - 2].word in _WEEKDAYS:
        return _WEEKDAYS.index(found[index - 2].word)
    return None


def _next_day_of_month(day: int, weekday: int | None, today: date) -> date | None:
    month = today.replace(day=1)
    for _ in range(12):
        try:
            candidate = month.replace(day=day)
        except ValueError:
            candidate = None
        if candidate is not None and candidate >= today and weekday in (None, candidate.weekday()):
            return candidate
        month = (month + timedelta(days=32)).replace(day=1)
    return None


def _weekday(found: list[Token], today: date, asked: bool) -> tuple[date, int, int] | None:
    for index, token in enumerate(found):
        day = _weekday_of(token.word, asked)
        if day is None:
            continue
        before = found[index - 1].word if index > 0 else ""
        if _names_next_week(found, index):
            before = "next"
        start = found[index - 1].start if index > 0 and before in ("next", "this", "on") else token.start
        if before == "next":
            monday = today - timedelta(days=today.weekday())
            return monday + timedelta(days=7 + day), start, token.end
        ahead = (day - today.weekday()) % 7 or (0 if before == "this" else 7)
        later = 7 if before == "from" and index > 1 and found[index - 2].word == "week" else 0
        return today + timedelta(days=ahead + later), start, token.end
    return None


def _names_next_week(found: list[Token], index: int) -> bool:
    """Whether `next week` stands beside a weekday."""
    after = [token.word for token in found[index + 1 : index + 3]]
    before = [token.word for token in found[max(0, index - 2) : index]]
    return ["next", "week"] in (before, after)


def _weekday_of(word: str, asked: bool) -> int | None:
    bare = word.removesuffix("'s")
    for index, name in enumerate(_WEEKDAYS):
        if bare in (name, name + "s"):
            return index
    if not asked:
        return None
    if word in _SHORT_DAYS:
        return _SHORT_DAYS[word]
    alike = [(fuzz.ratio(word, name), index) for index, name in enumerate(_WEEKDAYS)] if len(word) >= 5 else []
    score, best = max(alike, default=(0, 0))
    return best if score >= 80 and word not in ("yesterday", "today", "someday", "everyday") else None
