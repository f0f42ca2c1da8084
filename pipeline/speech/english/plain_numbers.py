"""Numbers without a unit: ordinals, fractions, years, decimals."""

import re
import unicodedata
from fractions import Fraction
from typing import Final

from pipeline.speech.english.amounts import NUMBER
from pipeline.speech.numbers import cardinal, digits, grouped, ordinal, quantity, year
from pipeline.speech.rule import Locale, Rule, before

_YEAR_COMES: Final = re.compile(
    r"\b(?:in|since|from|until|till|by|of|year|before|after|around|circa|between|born|and|to|to|summer|spring|autumn|fall|winter|mid)[\s-]$"
    r"|\d{4}\s?[-–—]\s?$",
    re.IGNORECASE,
)
_DECADE_COMES: Final = re.compile(r"(?:'|\b(?:the|his|her|their|my|your|our|early|late|mid)[\s-])$", re.IGNORECASE)
_PARTS: Final = {2: ("half", "halves"), 4: ("quarter", "quarters")}


def fraction(numerator: int, denominator: int, locale: Locale) -> str:
    """Say `three quarters`, `one half`, `two fifths`; others as `seven over zero`."""
    if denominator < 2:
        return f"{cardinal(numerator, locale)} over {cardinal(denominator, locale)}"
    one, many = _PARTS.get(denominator) or (ordinal(denominator, locale), f"{ordinal(denominator, locale)}s")
    return f"{cardinal(numerator, locale)} {one if numerator == 1 else many}"


def _ordinal(match: re.Match[str], locale: Locale) -> str | None:
    return ordinal(int(match[1].replace(",", "")), locale)


def _decade(match: re.Match[str], locale: Locale) -> str | None:
    number = int(match[1])
    if number % 10 or (number < 100 and not _DECADE_COMES.search(before(match))):
        return None
    said = year(number, locale) if number >= 1000 else cardinal(number, locale)
    return said[:-1] + "ies" if said and said.endswith("y") else f"{said}s"


def _fraction(match: re.Match[str], locale: Locale) -> str | None:
    whole, numerator, denominator = match[1], int(match[2]), int(match[3])
    if (numerator, denominator) in ((24, 7), (50, 50)) and not whole:
        return f"{cardinal(numerator, locale)} {cardinal(denominator, locale)}"
    if not whole and (numerator >= denominator or denominator in (10, 100)):
        return (
            f"{cardinal(numerator, locale)} {'out of' if denominator > 1 else 'over'} {cardinal(denominator, locale)}"
        )
    said = fraction(numerator, denominator, locale)
    if not whole:
        return said
    if numerator == 1 and denominator in (2, 4):
        said = said.replace("one", "a", 1)
    return f"{cardinal(int(whole), locale)} and {said}"


def _times(match: re.Match[str], locale: Locale) -> str | None:
    if match[2]:
        return f"{quantity(match[1], locale)} by {quantity(match[2], locale)}"
    return "twice" if match[1] == "2" else f"{quantity(match[1], locale)} times"


def _version(match: re.Match[str], locale: Locale) -> str | None:
    """`1.2.3`, `192.168.0.1`, each part as a number."""
    parts = match[0].split(".")
    point = " dot " if len(parts) == 4 else " point "
    return point.join(quantity(part, locale) for part in parts)


def _named_version(match: re.Match[str], locale: Locale) -> str | None:
    return f"version {' point '.join(quantity(part, locale) for part in match[1].split('.'))}"


def _year(match: re.Match[str], locale: Locale) -> str | None:
    number = int(match[0])
    if 1900 <= number <= 2099 or (number >= 1100 and _YEAR_COMES.search(before(match))):
        return year(number, locale)
    return None


def _number(match: re.Match[str], locale: Locale) -> str | None:
    return quantity(match[0].replace(",", ""), locale)


def _run(match: re.Match[str], locale: Locale) -> str | None:
    return grouped(match[0], locale)


def _decimals_only(match: re.Match[str], locale: Locale) -> str | None:
    return None if re.search(r"[\w.]$", before(match)) else f"point {digits(match[1], locale)}"


def _numeral(match: re.Match[str], locale: Locale) -> str | None:
    """Signs that are numbers: ½, ², Ⅳ, ①."""
    whole, sign = match[1] or None, match[2]
    value = unicodedata.numeric(sign, None)
    if value is None:
        return None
    if sign in "²³" and whole is None:
        return " squared" if sign == "²" else " cubed"
    part = Fraction(value).limit_denominator(1000)
    if part.denominator == 1:
        plain = cardinal(int(value), locale) or str(int(value))
        return f" {plain} " if whole is None else f"{quantity(whole, locale)} {plain}"
    said = fraction(part.numerator, part.denominator, locale)
    if whole is None:
        return f" {said} "
    if part.numerator == 1 and part.denominator in (2, 4):
        said = said.replace("one", "a", 1)
    return f"{quantity(whole, locale)} and {said}"


FIRST: Final = (  # before units and codes: `1980s` are no seconds
    Rule(
        ("digit",),
        re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s?[x×](?:\s?(\d{1,6}(?:\.\d{1,3})?))?\b(?!\.\d)|(\d{1,6})x\b"),
        _times,
    ),
    Rule(("digit",), re.compile(r"(\d{2}|\d{4})'?s\b"), _decade),
    Rule(("letter",), re.compile(r"[vV](\d{1,4}(?:\.\d{1,4}){0,3})(?![\w]|\.\d)"), _named_version),
)
RULES: Final = (
    Rule(("digit",), re.compile(r"(\d{1,3}(?:,\d{3}){0,4}|\d{1,15})(?:st|nd|rd|th)\b"), _ordinal),
    Rule(("digit",), re.compile(r"(?:(\d{1,3})[\s-])?(\d{1,3})/(\d{1,3})(?![\w/]|[.,]\d)"), _fraction),
    Rule(("digit",), re.compile(r"\d{1,6}(?:\.\d{1,6}){2,6}(?![\w]|\.\d)"), _version),
    Rule(("digit",), re.compile(r"\d{4}(?![\d,.]\d|\d)"), _year),
    Rule(("sign",), re.compile(r"\.(\d{1,15})(?![\d.])"), _decimals_only),
    Rule(("digit",), re.compile(r"(\d{1,9})([^\w\s]|[²³¼½¾⅐-⅞])"), _numeral),
    Rule(("sign", "letter"), re.compile(r"()?([^\s\d])"), _numeral),
    Rule(("digit",), re.compile(NUMBER), _number),
    Rule(("digit",), re.compile(r"\d+"), _run),
)
