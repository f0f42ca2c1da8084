"""Number words."""

from typing import Final

from flows.recognise.reading import Token

UNITS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
TEENS: Final = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
MAX_DIGITS: Final = 12

_FIRST: Final = frozenset((*UNITS, *TEENS, *TENS, "hundred"))


def below_hundred(found: list[Token], at: int) -> tuple[int, int] | None:
    """Read `seven`, `seventeen`, `twenty five` or `25` at `at`; gives the value and the next index."""
    if at >= len(found):
        return None
    word = found[at].word
    if word in TENS:
        if at + 1 < len(found) and UNITS.get(found[at + 1].word, 0) > 0:
            return TENS[word] + UNITS[found[at + 1].word], at + 2
        return TENS[word], at + 1
    if found[at].is_number and len(word) <= 2:
        return int(word), at + 1
    value = UNITS.get(word, TEENS.get(word))
    return None if value is None else (value, at + 1)


def ordinal(found: list[Token], at: int) -> tuple[int, int] | None:
    """Read `fifth`, `twenty fifth` or `25` followed by `th` at `at`."""
    if at >= len(found):
        return None
    word = found[at].word
    following = found[at + 1].word if at + 1 < len(found) else ""
    if word in TENS and 0 < ORDINALS.get(following, 0) < 10:
        return TENS[word] + ORDINALS[following], at + 2
    if word in ORDINALS:
        return ORDINALS[word], at + 1
    if found[at].is_number and len(word) <= 2 and following in ("st", "nd", "rd", "th"):
        return int(word), at + 2
    return None


def cardinal(found: list[Token], at: int) -> tuple[int, int] | None:
    """Read a whole number in words or digits at `at`, such as `two hundred and five`."""
    if at < len(found) and found[at].word not in _FIRST and not found[at].is_number:
        return None  # nearly every word of a long turn
    total, current, index, seen = 0, 0, at, False
    while index < len(found):
        word = found[index].word
        if word in SCALES and (seen or word == "hundred"):
            current = max(current, 1) * SCALES[word]
            if word != "hundred":
                total, current = total + current, 0
            index, seen = index + 1, True
            continue
        if word == "and" and seen and _continues(found, index):
            index += 1
            continue
        if seen and current % 100:
            break
        part = _part(found, index)
        if part is None:
            break
        current, index, seen = current + part[0], part[1], True
    return (total + current, index) if seen else None


def _part(found: list[Token], at: int) -> tuple[int, int] | None:
    token = found[at]
    if token.is_number and len(token.word) <= MAX_DIGITS:
        return int(token.word), at + 1
    return below_hundred(found, at)


def _continues(found: list[Token], at: int) -> bool:
    before = found[at - 1].word
    return before in SCALES and at + 1 < len(found) and below_hundred(found, at + 1) is not None
