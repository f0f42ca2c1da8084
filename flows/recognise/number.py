"""A quantity or a rating."""

import re
from typing import Final

from flows.recognise.cardinals import UNITS, cardinal
from flows.recognise.reading import Reading, Token, tokens

_WRITTEN: Final = re.compile(
    r"(?<![\w.])(-|minus |negative )?([0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,12})(\.[0-9]{1,6})?(?![\w]|:[0-9])",
    re.IGNORECASE,
)
_PHRASES: Final = {"none": 0, "nothing": 0, "couple": 2, "dozen": 12, "half": 0.5, "once": 1, "twice": 2}
# What a transcriber makes of a single digit said alone.
_ALONE: Final = {
    "for": 4, "fore": 4, "to": 2, "too": 2, "won": 1, "ate": 8, "tree": 3, "free": 3, "fife": 5, "sicks": 6, "oh": 0,
    "tin": 10, "nein": 9, "wan": 1, "fore's": 4, "fours": 4, "fives": 5,
}  # fmt: skip
_FILLERS: Final = frozenset({"um", "uh", "a", "the", "it's", "is", "that's", "maybe", "number", "well", "say", "er"})


def find(text: str) -> Reading | None:
    """The first number in `text`: `29`, `1,200.5`, `twenty five`, `four point five`, `two and a half`, `a dozen`."""
    found = tokens(text)
    written = _WRITTEN.search(text)
    spoken = _spoken(found)
    if written is not None and (spoken is None or written.start() <= spoken.start):
        return _with_scale(written, found, spoken)
    return spoken or _alone(found)


def _with_scale(match: re.Match[str], found: list[Token], spoken: Reading | None) -> Reading:
    digits = match[2].replace(",", "")
    value: float = float(digits + match[3]) if match[3] else int(digits)
    end = match.end()
    if not match[3] and "," not in match[2] and spoken is not None and spoken.start == match.start(2):
        value, end = spoken.value, max(end, spoken.end)
    return Reading(-value if match[1] else value, match.start(), end)


def _spoken(found: list[Token]) -> Reading | None:
    for index, token in enumerate(found):
        if token.word in _PHRASES:
            return Reading(_PHRASES[token.word], token.start, token.end)
        read = cardinal(found, index)
        if read is not None:
            value, following = _fraction(found, *read)
            minus = index > 0 and found[index - 1].word in ("minus", "negative")
            start = found[index - 1].start if minus else token.start
            return Reading(-value if minus else value, start, found[following - 1].end)
    return None


def _fraction(found: list[Token], value: float, at: int) -> tuple[float, int]:
    rest = [token.word for token in found[at : at + 3]]
    if rest == ["and", "a", "half"]:
        return value + 0.5, at + 3
    if rest[:1] == ["dozen"]:
        return value * 12, at + 1
    if rest[:1] == ["point"]:
        digits, index = "", at + 1
        while index < len(found) and len(digits) < 6 and (digit := _digit(found[index])) is not None:
            digits, index = digits + digit, index + 1
        if digits:
            return float(f"{int(value)}.{digits}"), index
    return value, at


def _digit(token: Token) -> str | None:
    if token.is_number:
        return token.word[:6]
    word = {"oh": "zero", "o": "zero"}.get(token.word, token.word)
    return str(UNITS[word]) if word in UNITS else None


def _alone(found: list[Token]) -> Reading | None:
    kept = [token for token in found if token.word not in _FILLERS]
    if len(kept) == 1 and kept[0].word in _ALONE:
        return Reading(_ALONE[kept[0].word], kept[0].start, kept[0].end)
    return None
