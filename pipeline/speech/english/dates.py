"""Dates and times of day."""

import re
from typing import Final

from pipeline.speech.numbers import cardinal, ordinal, year
from pipeline.speech.rule import Locale, Rule, after, before, full_stop

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT_MONTHS: Final = {name[:3].lower(): name for name in MONTHS} | {"sept": "September"}
_SHORT_DAYS: Final = {name[:3].lower(): name for name in _DAYS} | {
    "tues": "Tuesday", "thur": "Thursday", "thurs": "Thursday",
}  # fmt: skip
_LONGEST_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH: Final = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_ON_THE_HOUR: Final = "o'clock"
_UNTIL_WHEN: Final = re.compile(r"\b(?:on|by|until|till|before|after|since|from|due|dated?)\s+$", re.IGNORECASE)


def date_in_words(day: int, month: int, year_number: int | None, locale: Locale, *, article: bool = True) -> str | None:
    """Say a date, in the order of the region; None if there is no such day."""
    if not 1 <= month <= 12 or not 1 <= day <= _LONGEST_MONTH[month - 1]:
        return None
    which = ordinal(day, locale)
    if locale.american:
        said = f"{MONTHS[month - 1]} {which}"
    else:
        said = f"{'the ' if article else ''}{which} of {MONTHS[month - 1]}"
    return said if year_number is None else f"{said}, {year(year_number, locale)}"


def time_in_words(hour: int, minute: int, half: str, locale: Locale) -> str | None:
    """Say a time of day; `half` is AM, PM or empty. None if there is no such time."""
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    said = cardinal(hour, locale)
    if minute:
        return f"{said} {'oh ' if minute < 10 else ''}{cardinal(minute, locale)} {half}".strip()
    return f"{said} {half or _ON_THE_HOUR}"


def _year_of(text: str | None) -> int | None:
    if not text:
        return None
    number = int(text)
    return number if len(text) == 4 else number + (2000 if number < 70 else 1900)


def _half(text: str | None) -> str:
    return f"{text[0].upper()}M" if text else ""


def _article(match: re.Match[str]) -> bool:
    return not re.search(r"\bthe\s+$", before(match), re.IGNORECASE)


def _iso(match: re.Match[str], locale: Locale) -> str | None:
    said = date_in_words(int(match[3]), int(match[2]), int(match[1]), locale, article=_article(match))
    if said is None or match[4] is None:
        return said
    time = _clock(int(match[4]), int(match[5]), "", locale, two_digits=True)
    return None if time is None else f"{said}, at {time}"


def _numeric(match: re.Match[str], locale: Locale) -> str | None:
    first, second = int(match[1]), int(match[3])
    month_first = locale.american and match[2] != "."
    if (first > 12) == month_first and (second > 12) != month_first:
        month_first = not month_first
    day, month = (second, first) if month_first else (first, second)
    return date_in_words(day, month, _year_of(match[4]), locale, article=_article(match))


def _day_and_month(match: re.Match[str], locale: Locale) -> str | None:
    """`12/24` is a date only after such words as `on`."""
    if not _UNTIL_WHEN.search(before(match)):
        return None
    first, second = int(match[1]), int(match[2])
    day, month = (second, first) if locale.american else (first, second)
    return date_in_words(day, month, None, locale)


def _month_number(text: str) -> int:
    name = _SHORT_MONTHS.get(text.rstrip(".").lower()[:4]) or _SHORT_MONTHS[text[:3].lower()]
    return MONTHS.index(name) + 1


def _day_first(match: re.Match[str], locale: Locale) -> str | None:
    british = Locale("en", locale.region or "GB") if locale.american else locale
    which, month = int(match[1]), _month_number(match[2])
    said = date_in_words(which, month, None, Locale("en", "GB"), article=_article(match))
    if said is None:
        return None
    return f"{said}, {year(int(match[3]), british)}" if match[3] else said


def _month_first(match: re.Match[str], locale: Locale) -> str | None:
    which, month = int(match[2]), _month_number(match[1])
    if not 1 <= which <= _LONGEST_MONTH[month - 1]:
        return None
    said = f"{MONTHS[month - 1]} {ordinal(which, locale)}"
    return f"{said}, {year(int(match[3]), locale)}" if match[3] else said


def _days_of_month(match: re.Match[str], locale: Locale) -> str | None:
    """`Dec 24-26` and `24-26 Dec`."""
    name, first, last = (match[1], match[2], match[3]) if match[1] else (match[6], match[4], match[5])
    month = _month_number(name)
    if not 1 <= int(first) < int(last) <= _LONGEST_MONTH[month - 1]:
        return None
    days = ordinal(int(first), locale), ordinal(int(last), locale)
    if match[1]:
        return f"{MONTHS[month - 1]} {days[0]} to {days[1]}"
    return f"{'the ' if _article(match) else ''}{days[0]} to the {days[1]} of {MONTHS[month - 1]}"


def _month_and_year(match: re.Match[str], locale: Locale) -> str | None:
    return f"{MONTHS[_month_number(match[1]) - 1]} {year(int(match[2]), locale)}"


def _weekday(match: re.Match[str], _locale: Locale) -> str | None:
    """`Sat`, `Sun`, `Mon` and `Wed` are other words too: only where a day is meant."""
    if match[1].lower() in ("sat", "sun", "mon", "wed"):
        follows = re.match(rf"\s?(?:[-–,\d]|(?:at|the|morning|evening|night)\b)|\s{_MONTH}", after(match))
        if not follows and not _DAY_COMES.search(before(match)):
            return None
    return _SHORT_DAYS[match[1].lower()] + (full_stop(match) if match[2] else "")


def _month_alone(match: re.Match[str], _locale: Locale) -> str | None:
    return MONTHS[_month_number(match[0]) - 1] + full_stop(match)


def _clock(hour: int, minute: int, half: str, locale: Locale, *, two_digits: bool) -> str | None:
    """A 24-hour clock is said in halves: `15:30` is three thirty PM; `9:30` may be either."""
    if not half and hour < 25 and ((two_digits and hour < 10) or hour > 12 or hour == 0):
        half = "PM" if 12 <= hour < 24 else "AM"
        hour = (hour + 11) % 12 + 1
    return time_in_words(hour, minute, half, locale)


def _time(match: re.Match[str], locale: Locale) -> str | None:
    half = _half(match[4])
    if match[0][len(match[1])] == "." and not half:
        return None
    said = _clock(int(match[1]), int(match[2]), half, locale, two_digits=len(match[1]) == 2)
    if said is None:
        return None
    seconds = int(match[3]) if match[3] else 0
    if seconds > 59:
        return None
    if seconds:
        said += f" and {cardinal(seconds, locale)} second{'s' * (seconds != 1)}"
    return said + (full_stop(match) if half else "")


def _hour(match: re.Match[str], locale: Locale) -> str | None:
    said = time_in_words(int(match[1]), 0, _half(match[2]), locale)
    return None if said is None else said + full_stop(match)


def _range_of_hours(match: re.Match[str], locale: Locale) -> str | None:
    """`9-5pm`: the first hour, whose half is said with the second."""
    return cardinal(int(match[1]), locale) if int(match[1]) <= 12 else None


_DAY_COMES: Final = re.compile(r"[-–]\s?$|\b(?:on|and|until|till|by|this|next|last|every)\s$", re.IGNORECASE)
_AM_PM: Final = r"(?:\s?([AaPp])(?:\.\s?[Mm]\.|[Mm]\b))"
RULES: Final = (
    Rule(
        ("digit",),
        re.compile(
            r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\w-])"
        ),
        _iso,
    ),
    Rule(("digit",), re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)(?![\w/-]|\.\d)"), _numeric),
    Rule(("digit",), re.compile(r"(\d{1,2})/(\d{1,2})(?![\w/]|\.\d)"), _day_and_month),
    Rule(
        ("digit", "letter"),
        re.compile(
            rf"({_MONTH})\s(\d{{1,2}})\s?[-–]\s?(\d{{1,2}})(?![\w:%]|[.,/-]\d)"
            rf"|(\d{{1,2}})\s?[-–]\s?(\d{{1,2}})\s({_MONTH})(?![a-z])"
        ),
        _days_of_month,
    ),
    Rule(
        ("digit",),
        re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?({_MONTH})(?![a-z])(?:,?\s(\d{{4}})\b(?![:/-]))?"),
        _day_first,
    ),
    Rule(
        ("letter",),
        re.compile(
            rf"({_MONTH})\s(\d{{1,2}})(?:st|nd|rd|th)?(?![\w:%]|[.,/-]\d|\s?[AaPp]\.?[Mm]\b)(?:,?\s(\d{{4}})\b(?![:/-]))?"
        ),
        _month_first,
    ),
    Rule(("letter",), re.compile(rf"({_MONTH})\s(\d{{4}})(?![\w:%]|[.,/-]\d)"), _month_and_year),
    Rule(("letter",), re.compile(r"(Mon|Tues?|Wed|Thurs?|Thur|Thu|Fri|Sat|Sun)\b(\.)?"), _weekday),
    Rule(("letter",), re.compile(r"(?:Jan|Feb|Apr|Aug|Sept|Sep|Oct|Nov|Dec)\."), _month_alone),
    Rule(("digit",), re.compile(rf"(\d{{1,2}})[:.](\d\d)(?::(\d\d))?(?![\d:]){_AM_PM}?(?!\w|:\d|\.\d)"), _time),
    Rule(("digit",), re.compile(rf"(\d{{1,2}}){_AM_PM}"), _hour),
    Rule(("digit",), re.compile(rf"(\d{{1,2}})(?=\s?[-–—]\s?\d{{1,2}}(?:[:.]\d\d)?{_AM_PM})"), _range_of_hours),
)
