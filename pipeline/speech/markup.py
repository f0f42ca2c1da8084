"""What is written for the eye alone is not said: Markdown, tags, pictograms."""

import re
import unicodedata
from typing import Final

from pipeline.speech.rule import Locale, Rule, after, before

_ENTITIES: Final = {
    "amp": "and",
    "lt": "less than",
    "gt": "greater than",
    "nbsp": " ",
    "quot": "",
    "apos": "",
    "#39": "",
}
_JOINERS: Final = "\u200c\u200d"  # between letters of some scripts they are spelling
_DASHES: Final = frozenset("-‐")


def _silent(_match: re.Match[str], _locale: Locale) -> str:
    return ""


def _blank(_match: re.Match[str], _locale: Locale) -> str:
    return " "


def _entity(match: re.Match[str], _locale: Locale) -> str:
    return _ENTITIES[match[1]]


def _at_line_start(match: re.Match[str], _locale: Locale) -> str | None:
    line = match.string[max(0, match.start() - 8) : match.start()].rpartition("\n")
    begins = match.start() < 8 or bool(line[1])
    return " " if begins and not line[2].strip(" >") else None


def _asterisk(match: re.Match[str], _locale: Locale) -> str | None:
    """Emphasis is silent; between numbers it is a sign."""
    left, right = before(match)[-2:].strip(), after(match)[:2].strip()
    return None if left[-1:].isdigit() and right[:1].isdigit() else ""


def _pictogram(match: re.Match[str], _locale: Locale) -> str | None:
    character = match[0]
    if character in _JOINERS:
        previous = match.string[match.start() - 1 : match.start()]
        return character if previous and unicodedata.category(previous)[0] in "LM" else ""
    category = unicodedata.category(character)
    if category in ("So", "Sk", "Cs", "Co", "Cn", "Cf", "Cc") and character not in "°©®™^":
        return "" if character.isascii() or 0xFE00 <= ord(character) <= 0xFE0F else " "
    if 0xFE00 <= ord(character) <= 0xFE0F or character == "\u20e3":
        return ""
    return None


def _sign(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


RULES: Final = (
    Rule(("sign",), _sign(r"```[\w+-]{0,20}"), _blank),
    Rule(
        ("sign",),
        _sign(r"</?[A-Za-z][\w:-]{0,40}(?:\s+[\w:-]{1,40}\s*=\s*(?:\"[^\"<>]{0,200}\"|'[^'<>]{0,200}')){0,8}\s*/?>"),
        _blank,
    ),
    Rule(("sign",), _sign(r"<!--.{0,300}?-->"), _blank),
    Rule(("sign",), _sign(r"&(amp|lt|gt|nbsp|quot|apos|#39);"), _entity),
    Rule(("sign",), _sign(r"\]\((?:[^()\s]|\([^()\s]{0,50}\)){0,300}(?:\s\"[^\"]{0,100}\")?\)"), _silent),
    Rule(("sign",), _sign(r"\[\^?\d{1,3}\](?!\()"), _silent),
    Rule(("sign",), _sign(r"!\[|[\[\]]"), _silent),
    Rule(("sign",), _sign(r"(?:#{1,6}|>{1,3}|[-*+•‣◦])(?=\s)"), _at_line_start),
    Rule(("sign",), _sign(r"[-*_=]{3,200}(?=\s|$)"), _blank),
    Rule(("sign",), _sign(r"\*{2,3}|_{2,3}|~~|`{1,2}"), _silent),
    Rule(("sign",), _sign(r"\*"), _asterisk),
    Rule(("sign",), _sign(r"[^\w\s]"), _pictogram),
)
