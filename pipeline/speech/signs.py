"""Signs between words: some are said, some are a breath, most are silent."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from pipeline.speech.rule import Locale, Rule, after, before

_KEPT: Final = frozenset(".,;:!?¿¡'-。、！？；：，।…")
_DAY: Final = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH: Final = r"January|February|March|April|May|June|July|August|September|October|November|December"
_QUANTITY_BEFORE: Final = re.compile(
    r"(?:\d|\d\s?(?:[AaPp]\.?[Mm]\.?|°[CF]?|%|[kcm]?m|[km]?g|mi|ft|lbs?|min|hrs?|h|[€£$¢])|\d(?:st|nd|rd|th)"
    rf"|\b(?:{_DAY}|{_MONTH})\.?)\s?$"
)
_QUANTITY_AFTER: Final = re.compile(rf"\s?(?:[$€£]?\d|(?:{_DAY}|{_MONTH})\b)")
_RATED: Final = re.compile(
    r"(?:hour|hr|day|month|mo|week|wk|year|yr|night|person|people|minute|min|second|sec|kg|lb|mile|km|item|user|call|h|s)\b"
)
_ALTERNATIVES: Final = re.compile(r"(?:and|or)$", re.IGNORECASE)
_COMPARED: Final = {
    "<": "less than",
    ">": "more than",
    "≤": "at most",
    "≥": "at least",
    "<=": "at most",
    ">=": "at least",
}
_SAID: Final = {
    "&": "and", "%": "percent", "‰": "per mille", "@": "at", "°": "degrees", "§": "section", "±": "plus or minus",
    "÷": "divided by", "≈": "approximately", "≠": "is not", "=": "equals",
    "€": "euros", "$": "dollars", "£": "pounds", "¢": "cents",
}  # fmt: skip


def _dash(match: re.Match[str], _locale: Locale) -> str | None:
    left, right = before(match), after(match)
    close = not left[-1:].isspace() and not right[:1].isspace()
    if match[0] == "-":
        if re.match(r"[$€£.]?\d", right) and (not left or re.search(r"[\s(\[\"*_]$", left)):
            return "to" if _QUANTITY_BEFORE.search(left) and right[:1].isspace() else "minus"
        if close and not (left[-1:].isdigit() and right[:1].isdigit()) and not _is_range(left, right):
            return "-" if left[-1:].isalnum() and right[:1].isalnum() else ""
    return " to " if _is_range(left, right) else ", "


def _is_range(left: str, right: str) -> bool:
    return bool(_QUANTITY_BEFORE.search(left) and _QUANTITY_AFTER.match(right))


def _slash(match: re.Match[str], _locale: Locale) -> str | None:
    left, right = before(match), after(match)
    if _RATED.match(right) and re.search(r"[\d%$€£¢a-zA-Z]$", left) and re.search(r"\d\s?[^\s/]{0,12}$", left):
        return " per "
    if not (left[-1:].isalnum() and right[:1].isalnum()):
        return " "
    if left[-1:].isdigit() and right[:1].isdigit():
        return " slash "
    return " " if _ALTERNATIVES.search(left) or re.match(r"(?:and|or)\b", right) else " or "


def _between_numbers(match: re.Match[str], _locale: Locale) -> str | None:
    """`16:9` and `10^6`; elsewhere a colon is a breath."""
    numbers = before(match)[-1:].isdigit() and after(match)[:1].isdigit()
    if match[0] == ":":
        return " to " if numbers else None
    return " to the power of " if numbers else None


def _dot(match: re.Match[str], _locale: Locale) -> str | None:
    """A dot that begins a name: `.NET`."""
    return None if before(match)[-1:].strip() else " dot "


def _number_sign(match: re.Match[str], _locale: Locale) -> str | None:
    right = after(match)[:1]
    if right.isdigit():
        return "number"
    return "hashtag" if right.isalpha() else ""


def _about(match: re.Match[str], _locale: Locale) -> str | None:
    return "about" if re.match(r"\s?[$€£]?\d", after(match)) else " "


def _plus(match: re.Match[str], _locale: Locale) -> str | None:
    """`18+` is eighteen plus; a plus without a number or word beside it is silent."""
    return " plus " if re.search(r"\w\s?$", before(match)) or re.match(r"\s?\w", after(match)) else " "


def _times(match: re.Match[str], _locale: Locale) -> str | None:
    return " times " if re.search(r"\d\s?$", before(match)) and re.match(r"\s?\d", after(match)) else " "


def _comparison(match: re.Match[str], _locale: Locale) -> str | None:
    return f" {_COMPARED[match[0]]} " if re.match(r"\s?[-$€£]?\d", after(match)) else " "


def _said(match: re.Match[str], _locale: Locale) -> str | None:
    beside = re.search(r"\w\s?$", before(match)) or re.match(r"\s?\w", after(match))
    return f" {_SAID[match[0]]} " if beside else " "


def _apostrophe(match: re.Match[str], _locale: Locale) -> str | None:
    inside = before(match)[-1:].isalnum() and after(match)[:1].isalpha()
    return "'" if inside or (re.search(r"s$", before(match)) and not before(match).count("'")) else ""


def _dots(match: re.Match[str], _locale: Locale) -> str | None:
    return "..." if before(match).strip() else ""


def _other(match: re.Match[str], _locale: Locale) -> str | None:
    """Marks that belong to letters stay, kept signs too; a bracket or a bar is a breath, the rest is silent."""
    character = match[0]
    if character in _KEPT or unicodedata.category(character)[0] in "LMN" or character in "\u200c\u200d":
        return character
    return ", " if character in "()|•" else " "


def _rule(pattern: str, read: Callable[[re.Match[str], Locale], str | None]) -> Rule:
    return Rule(("sign",), re.compile(pattern), read)


SILENT: Final = (_rule(r"'", _apostrophe), _rule(r"\.{3,40}|…", _dots), _rule(r"[^\s]", _other))
RULES: Final = (
    _rule(r"-{2,40}|[-–—‒―]", _dash),
    _rule(r"/", _slash),
    _rule(r"[:^]", _between_numbers),
    _rule(r"\.(?=[A-Za-z])", _dot),
    _rule(r"#", _number_sign),
    _rule(r"~", _about),
    _rule(r"\+", _plus),
    _rule(r"[×*]", _times),
    _rule(r"<=|>=|[<>≤≥]", _comparison),
    _rule("[" + re.escape("".join(_SAID)) + "]", _said),
    *SILENT,
)
