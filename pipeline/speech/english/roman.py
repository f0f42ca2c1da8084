"""Roman numerals, where the word before leaves no doubt."""

import re
from typing import Final

from pipeline.speech.numbers import cardinal, ordinal
from pipeline.speech.rule import Locale, Rule

_VALUES: Final = {"I": 1, "V": 5, "X": 10}
_NUMBERED: Final = (
    "Chapter|chapter|Part|part|Volume|volume|Act|act|Section|section|Phase|phase|World War|Type|type|Class|class|Book"
    "|book|Article|article|Level|level|Figure|Title|Super Bowl|Stage|stage|Apollo|Rocky|Final Fantasy|Schedule|Appendix"
)
_RULERS: Final = (
    "Henry|Elizabeth|Louis|Charles|George|William|Edward|James|Richard|Napoleon|Benedict|John Paul|Pius|Philip"
    "|Frederick|Francis|Ferdinand|Alexander|Nicholas|Catherine|Leo|Gregory|Innocent|Clement|Otto|Ramses|Mary|Felipe|Wilhelm|Peter"
)


def _value(numeral: str) -> int | None:
    """The value of a well-formed numeral up to 39."""
    if not re.fullmatch(r"X{0,3}(?:IX|IV|V?I{0,3})", numeral):
        return None
    values = [_VALUES[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def _numbered(match: re.Match[str], locale: Locale) -> str | None:
    value = _value(match[2])
    # `Part I` is a number before a stop; before a word it may be a person.
    if value is None or (match[2] == "I" and re.match(r"\s+[a-z]", match.string[match.end() : match.end() + 3])):
        return None
    return f"{match[1]} {cardinal(value, locale)}"


def _ruler(match: re.Match[str], locale: Locale) -> str | None:
    value = _value(match[2])
    if value is None or match[2] == "I":
        return None
    return f"{match[1]} the {ordinal(value, locale)}"


RULES: Final = (
    Rule(("letter",), re.compile(rf"({_NUMBERED})\s([IVX]{{1,7}})(?!\w|'|\.\w)"), _numbered),
    Rule(("letter",), re.compile(rf"({_RULERS})\s([IVX]{{1,7}})(?!\w|'|\.\w)"), _ruler),
)
