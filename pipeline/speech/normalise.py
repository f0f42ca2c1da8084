"""Text as it is written becomes text as it is said: `$4.50` becomes `four dollars and fifty cents`.

One pass from left to right. At the beginning of each word, number or sign the rules of the language are tried in order;
the first that knows what stands there says it, and what no rule knows is said as it is. So nothing is read twice, each
piece of the result lies on one piece of the original, and the time is proportional to the length.

What comes out has nothing left to interpret: put in again (as voices do that normalise by themselves), it stays.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from pipeline.speech import addresses, markup, other_languages, signs
from pipeline.speech.english import abbreviations, amounts, codes, dates, phones, plain_numbers, roman
from pipeline.speech.rule import Locale, Rule, Start
from pipeline.speech.spoken import Segment, Spoken, assemble

# Decimal digits of all scripts and full-width Latin become ASCII, one character for one.
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SAME: Final = _FULL_WIDTH | {0x2019: "'", 0x2018: "'", 0x00A0: " ", 0x202F: " ", 0x2009: " ", 0x2212: "-", 0x2011: "-"}
_LETTER: Final = r"[^\W\d_\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u218f\u2460-\u24ff\u2776-\u2793]"  # no numeral either
_WORD: Final = re.compile(rf"{_LETTER}+(?:'{_LETTER}+)*+")
_BLANK: Final = re.compile(r"\s+")
_NUMBER: Final = re.compile(r"\d+")
_LETTERS_AND_DIGITS: Final = re.compile(r"[^\W_]+")

_ENGLISH: Final = (
    *markup.RULES,
    *addresses.RULES,
    *dates.RULES,
    *phones.RULES,
    *plain_numbers.FIRST,
    *amounts.RULES,
    *codes.RULES,
    *plain_numbers.RULES,
    *abbreviations.RULES,
    *roman.RULES,
    *signs.RULES,
)
_OTHER: Final = (*markup.RULES, *addresses.RULES, *other_languages.RULES, *signs.SILENT)


def normalise(text: str, language: str = "en") -> Spoken:
    """Return `text` with what is said of it.

    Args:
        text: A sentence or clause; anything is allowed.
        language: BCP 47. English is read whole; of other languages numbers, money, percentages, e-mail and web
            addresses, and what is not known for sure is left to the voice.

    Returns:
        `said` is empty only if `text` has neither letter nor digit.
    """
    locale = locale_of(language)
    plain = "".join(map(_ascii_digit, text)).translate(_SAME) if not text.isascii() else text
    spoken = assemble(text, _segments(plain, locale))
    if any(map(str.isalnum, spoken.said)):
        return spoken
    # Nothing but markup: better its words than nothing.
    rest = " ".join(_LETTERS_AND_DIGITS.findall(text))
    return Spoken(text, rest, ((len(rest), len(text.rstrip())),) if rest else ())


@lru_cache(64)
def locale_of(language: str) -> Locale:
    """Read a BCP 47 tag such as `en-GB`; what is not understood is English."""
    parts = language.replace("_", "-").split("-")
    region = next((part.upper() for part in parts[1:] if len(part) == 2), "")
    return Locale(parts[0].lower() or "en", region)


def _segments(text: str, locale: Locale) -> Iterator[Segment]:
    rules = _by_start(locale.language == "en")
    position = 0
    while position < len(text):
        end, said = _next(text, position, rules, locale)
        yield Segment(position, end, said)
        position = end


def _next(text: str, position: int, rules: dict[Start, tuple[Rule, ...]], locale: Locale) -> tuple[int, str]:
    if blank := _BLANK.match(text, position):
        return blank.end(), " "
    kind = _kind(text[position])
    for rule in rules[kind]:
        match = rule.pattern.match(text, position)
        if match and match.end() > position and (said := rule.read(match, locale)) is not None:
            return match.end(), said
    run = {"letter": _WORD, "digit": _NUMBER}.get(kind)
    match = run.match(text, position) if run else None
    return (match.end(), match[0]) if match else (position + 1, text[position])


def _kind(character: str) -> Start:
    if character.isdigit() and character.isascii():
        return "digit"
    return "letter" if character.isalpha() else "sign"


@lru_cache(2)
def _by_start(english: bool) -> dict[Start, tuple[Rule, ...]]:
    rules = _ENGLISH if english else _OTHER
    kinds: tuple[Start, ...] = ("digit", "letter", "sign")
    return {kind: tuple(rule for rule in rules if kind in rule.starts) for kind in kinds}


def _ascii_digit(character: str) -> str:
    return str(int(character)) if character.isdecimal() else character
