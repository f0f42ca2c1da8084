"""Numbers in words, in every language that num2words knows."""

from functools import lru_cache
from typing import Final

from num2words import CONVERTER_CLASSES, num2words

from pipeline.speech.rule import Locale

_LONGEST: Final = 15  # digits; longer ones are not understood as quantities
# What num2words raises where a language lacks something; the tests walk all of them.
_LACKING: Final = (
    NotImplementedError, OverflowError, ValueError, TypeError, KeyError, IndexError, AssertionError, AttributeError,
)  # fmt: skip
_ENGLISH_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def knows(locale: Locale) -> bool:
    """Whether numbers of this language can be said."""
    return locale.language in CONVERTER_CLASSES


def cardinal(number: int, locale: Locale) -> str | None:
    """Say how many; None where the language lacks it."""
    return _words(number, "cardinal", locale)


def ordinal(number: int, locale: Locale) -> str | None:
    """Say which one; None as above."""
    return _words(number, "ordinal", locale)


def year(number: int, locale: Locale) -> str | None:
    """Say a year, such as `nineteen oh five`; None as above."""
    return _words(number, "year", locale)


def digits(text: str, locale: Locale) -> str:
    """Say each digit of `text` (ASCII)."""
    if locale.language == "en":
        return " ".join(_ENGLISH_DIGITS[int(digit)] for digit in text)
    return " ".join(cardinal(int(digit), locale) or digit for digit in text)


def grouped(text: str, locale: Locale) -> str:
    """Say each digit, with a breath between threes; the last group may have four."""
    cuts = list(range(0, max(1, len(text) - 1), 3)) if len(text) > 4 else [0]
    groups = [text[a:b] for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    return ", ".join(digits(group, locale) for group in groups)


def quantity(text: str, locale: Locale, point: str = "point") -> str:
    """Say a number as written: ASCII digits, a dot before decimals."""
    whole, _, decimals = text.partition(".")
    if len(whole) > _LONGEST or (len(whole) > 1 and whole.startswith("0")):
        said = grouped(whole, locale)
    else:
        said = (cardinal(int(whole), locale) or whole) if whole else ""
    return f"{said} {point} {digits(decimals, locale)}".strip() if decimals else said


@lru_cache(4096)
def _words(number: int, kind: str, locale: Locale) -> str | None:
    if not knows(locale) or abs(number) >= 10**_LONGEST:
        return None
    try:
        words = num2words(number, lang=locale.language, to=kind)
    except _LACKING:
        return None
    if not isinstance(words, str) or not words.strip():
        return None
    if locale.language == "en":
        words = words.replace(", ", " ").replace("oh-", "oh ")
        words = words.replace(" and ", " ") if locale.american else words
    return words
