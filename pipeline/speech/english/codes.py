"""Codes and identifiers, letter by letter and digit by digit."""

import re
from itertools import groupby
from typing import Final

from pipeline.speech.numbers import cardinal, digits, grouped
from pipeline.speech.rule import Locale, Rule, before
from pipeline.speech.spelling import letters

_VOWEL: Final = re.compile("[aeiouy]", re.IGNORECASE)
_CODE_COMES: Final = re.compile(
    r"\b(?:(?:pass|post|zip|area|access|security|promo|country|sort)?\s?code|pin|passcode|otp|ext(?:ension|\.)?|account|"
    r"order|reference|ref|confirmation|ticket|zip|booking|invoice|case|id|ending in"
    r"|ends in|last four(?: digits)?|digits|card)"
    r"(?:\s(?:number|no\.?|id|code))?(?:\s(?:is|was|are))?\s?:?\s?#?\s?$",
    re.IGNORECASE,
)
_DIALLED: Final = re.compile(r"\b(?:call|dial|text)\s$", re.IGNORECASE)
# Written in capitals without a vowel, and said as words or not as letters for another reason.
_NOT_SPELLED: Final = frozenset(
    {"MR", "DR", "MRS", "MS", "ST", "VS", "TH", "HMM", "SHH", "PSST", "PM", "NVM", "JR", "SR", "MT", "PHD"}
)


def digits_expected(match: re.Match[str]) -> bool:
    """Whether the words before announce a code: `your PIN is 4821`."""
    return bool(_CODE_COMES.search(before(match)))


def _code(match: re.Match[str], locale: Locale) -> str | None:
    text = match[0]
    if not re.search(r"\d", text) or not re.search(r"[A-Za-z]", text):
        return None
    if re.search(r"[a-z]-\d|\d-[a-z]|[a-z]-[a-z]", text) or re.fullmatch(r"[A-Z]?[a-z]{3,}\d+", text):
        return None  # `mid-2026`, `24-hour`: words and numbers that stand for themselves; `user42` is read below
    parts = text.split("-")
    if len(parts) == 2 and _is_word(parts[0]) and parts[1].isdecimal():
        return f"{parts[0]} {_part(parts[1], locale, alone=True)}"  # COVID-19
    return ", ".join(_part(part, locale, alone=len(parts) == 1) for part in parts)


def _is_word(text: str) -> bool:
    return len(text) > 3 and text.isalpha() and bool(_VOWEL.search(text))


def _part(part: str, locale: Locale, *, alone: bool) -> str:
    runs = ["".join(run) for _, run in groupby(part, str.isdigit)]
    numbers = [run for run in runs if run.isdecimal()]
    short = alone and len(numbers) == 1 and len(numbers[0]) <= 2 and not numbers[0].startswith("0") and len(runs) <= 2
    said = []
    for run in runs:
        if run.isdecimal():
            said.append((cardinal(int(run), locale) if short else None) or grouped(run, locale))
        else:
            said.append(run if _is_word(run) else letters(run))
    return " ".join(said)


def _word_with_digits(match: re.Match[str], locale: Locale) -> str | None:
    number = match[2]
    said = cardinal(int(number), locale) if len(number) <= 2 and number[0] != "0" else digits(number, locale)
    return f"{match[1]} {said}"


def _announced(match: re.Match[str], locale: Locale) -> str | None:
    if digits_expected(match) or (len(match[0]) <= 6 and _DIALLED.search(before(match))):
        return grouped(match[0], locale)
    return None


def _acronym(match: re.Match[str], _locale: Locale) -> str | None:
    """`PDF` has no vowel and can only be spelled; `NASA` and `USA` are left to the voice."""
    return None if match[0] in _NOT_SPELLED or re.search(r"['-]$", before(match)) else letters(match[0])


RULES: Final = (
    Rule(("digit",), re.compile(r"\d{3,12}(?![\w@]|[.,:/-]\d)"), _announced),
    Rule(("letter",), re.compile(r"([A-Z]?[a-z]{3,20})(\d{1,12})(?![\w-])"), _word_with_digits),
    Rule(
        ("letter", "digit"),
        re.compile(r"(?!\d{1,12}(?:st|nd|rd|th|s|x)\b)[A-Za-z0-9]{1,40}+(?:-[A-Za-z0-9]{1,40}+){0,8}(?![\w@])"),
        _code,
    ),
    Rule(("letter",), re.compile(r"[BCDFGHJKLMNPQRSTVWXZ]{2,6}(?![\w'-])"), _acronym),
)
