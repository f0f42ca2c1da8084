"""How far two readings of the same speech differ."""

import re

from rapidfuzz.distance import Levenshtein
from text_to_num import alpha2digit

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d")


def disagreement(one: str, other: str) -> float:
    """Return the share of words that differ, 0 to 1; digits and number words count as the same."""
    return Levenshtein.normalized_distance(_words(one), _words(other))


def ends_with(whole: str, end: str) -> bool:
    """Return whether the last words of `whole` are those of `end`, or at least half of them."""
    ending = _words(end)
    return Levenshtein.normalized_distance(_words(whole)[-len(ending) :], ending) <= 0.5 if ending else True


def word_count(text: str) -> int:
    """Return how many words a reading has; each digit is one."""
    return len(_words(text))


def _words(text: str) -> list[str]:
    # one engine writes "29340", the other "two nine three four zero": both become single digits
    plain = text.lower().replace("-", " ").replace("’", "'")
    return _WORD.findall(alpha2digit(plain, "en"))
