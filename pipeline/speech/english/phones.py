"""Telephone numbers and other long runs of digits, digit by digit."""

import re
from typing import Final

from pipeline.speech.numbers import digits
from pipeline.speech.rule import Locale, Rule, before

_RUN: Final = re.compile(r"\d+")


def in_groups(groups: list[str], locale: Locale) -> str:
    """Say groups of digits with a breath between them."""
    return ", ".join(digits(group, locale) for group in groups)


def _as_written(match: re.Match[str], locale: Locale) -> str | None:
    """Digits in the groups that they were written in."""
    return in_groups(_RUN.findall(match[0]), locale)


def _international(match: re.Match[str], locale: Locale) -> str | None:
    groups = _RUN.findall(match[0])
    if len(groups) == 1:
        groups = _groups_of_e164(groups[0])
    elif not 7 <= sum(map(len, groups)) <= 15:
        return None
    return f"plus {in_groups(groups, locale)}"


def _groups_of_e164(number: str) -> list[str]:
    """Country code, then threes; the last has two to four. Which codes have one digit is fixed: 1 and 7."""
    code = 1 if number[0] in "17" else 2
    rest = number[code:]
    if len(rest) == 10:
        return [number[:code], rest[:3], rest[3:6], rest[6:]]
    cuts = list(range(0, max(1, len(rest) - 1), 3))
    return [number[:code], *(rest[a:b] for a, b in zip(cuts, [*cuts[1:], len(rest)], strict=True))]


def _bare(match: re.Match[str], locale: Locale) -> str | None:
    """Seven digits or more are a number to dial or to note, unless they are a round amount."""
    number = match[0]
    if number.endswith("000") or re.search(r"[\d.,]$", before(match)):
        return None
    if len(number) == 10:
        return in_groups([number[:3], number[3:6], number[6:]], locale)
    if len(number) == 7:
        return in_groups([number[:3], number[3:]], locale)
    cuts = list(range(0, max(1, len(number) - 1), 3))
    return in_groups([number[a:b] for a, b in zip(cuts, [*cuts[1:], len(number)], strict=True)], locale)


def _many_groups(match: re.Match[str], locale: Locale) -> str | None:
    groups = _RUN.findall(match[0])
    return in_groups(groups, locale) if sum(map(len, groups)) >= 6 else None


_END: Final = r"(?![\w@]|[.,:/-]\d)"
RULES: Final = (
    Rule(("sign",), re.compile(rf"\+\s?\d{{7,15}}{_END}"), _international),
    Rule(("sign",), re.compile(rf"\+\s?\d{{1,4}}(?:[ .-]?\(?\d{{1,5}}\)?){{1,6}}{_END}"), _international),
    Rule(("sign",), re.compile(rf"\(\d{{2,5}}\)[ -]?\d{{3,5}}(?:[ .-]\d{{2,5}}){{0,2}}{_END}"), _as_written),
    Rule(("digit",), re.compile(rf"(?:1[ .-])?\(?\d{{3}}\)?[ .-]\d{{3}}[ .-]\d{{4}}{_END}"), _as_written),
    Rule(("digit",), re.compile(rf"\d{{3}}-\d{{4}}{_END}"), _as_written),
    Rule(("digit",), re.compile(rf"0\d{{2,5}}(?:[ -]\d{{3,6}}){{1,3}}{_END}"), _as_written),
    Rule(("digit",), re.compile(rf"\d{{2,5}}([ -])\d{{2,5}}(?:\1\d{{2,5}}){{1,5}}{_END}"), _many_groups),
    Rule(("digit",), re.compile(rf"\d{{7,30}}{_END}"), _bare),
)
