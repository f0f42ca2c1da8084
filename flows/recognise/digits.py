"""A code said digit by digit."""

from typing import Final

from flows.recognise.cardinals import TEENS, TENS, UNITS
from flows.recognise.reading import Reading, Token, tokens

_REPEAT: Final = {"double": 2, "triple": 3}
_BRIDGES: Final = frozenset({"um", "uh", "er", "and", "dash", "hyphen", "space", "then", "s"})
MAX_DIGITS: Final = 32


def find(text: str, least: int = 1) -> Reading | None:
    """The longest run of digits: `29340`, `2-9-3-4-0`, `two nine three four oh`, `double five`, `twenty nine`.

    Args:
        text: What was said.
        least: Shorter runs are no code.
    """
    best: Reading | None = None
    found = tokens(text)
    index = 0
    while index < len(found):
        run, following, start = _run(found, index)
        if run and (best is None or len(run) > len(best.value)):
            best = Reading(run[:MAX_DIGITS], start, found[following - 1].end)
        index = max(following, index + 1)
    return best if best is not None and len(best.value) >= least else None


def _run(found: list[Token], at: int) -> tuple[str, int, int]:
    """One run from `at`: its digits, the index after it, and where it starts."""
    digits, index, last = "", at, at
    while index < len(found):
        word = found[index].word
        if digits and word in _BRIDGES:
            index += 1
            continue
        if digits and word in ("hundred", "thousand"):
            digits += "00" if word == "hundred" else "000"
            index = last = index + 1
            continue
        part, following = _part(found, index, bool(digits))
        if part is None:
            break
        digits += part
        index = last = following
    return digits, last, found[at].start


def _part(found: list[Token], at: int, inside: bool) -> tuple[str | None, int]:
    word = found[at].word
    following = found[at + 1] if at + 1 < len(found) else None
    if word in _REPEAT and following is not None and (one := _one(following, True)) is not None and len(one) == 1:
        return one * _REPEAT[word], at + 2
    if word in TENS:
        if following is not None and UNITS.get(following.word, 0) > 0:
            return str(TENS[word] + UNITS[following.word]), at + 2
        return str(TENS[word]), at + 1
    near = inside or (following is not None and _one(following, False) is not None)
    return _one(found[at], near), at + 1


def _one(token: Token, near: bool) -> str | None:
    """`near`: other digits stand beside it, so `oh` is a zero."""
    if token.is_number:
        return token.word
    if token.word in UNITS:
        return str(UNITS[token.word])
    if token.word in TEENS:
        return str(TEENS[token.word])
    return "0" if near and token.word in ("oh", "o") else None
