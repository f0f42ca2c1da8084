"""One of a closed set."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from flows.recognise import number
from flows.recognise.reading import Reading, Token, tokens

LIKE_PERCENT: Final = 78
MARGIN_PERCENT: Final = 6
MAX_TOKENS: Final = 60

_RANGE: Final = re.compile(r"([0-9]{1,9})\s*(?:-|–|to)\s*([0-9]{1,9})")
_OPEN_RANGE: Final = re.compile(r"(?:over |more than )?([0-9]{1,9})\s*(?:\+|or more)?")
_PLACES: Final = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}


def find(
    text: str, options: tuple[str, ...], synonyms: Mapping[str, tuple[str, ...]], asked: bool = True
) -> Reading | None:
    """The option that was named.

    Args:
        text: What was said.
        options: The canonical values.
        synonyms: Other words for an option.
        asked: Whether it was asked for; then likeness, `the second one` and number ranges count too.
    """
    found = tokens(text)[:MAX_TOKENS]
    phrases = [(option, _words(phrase)) for option in options for phrase in (option, *synonyms.get(option, ()))]
    exact = _exact(found, phrases)
    if exact is not None or not asked:
        return exact
    return _ranged(text, options) or _placed(found, options) or _alike(found, phrases)


@lru_cache(maxsize=4096)
def _words(phrase: str) -> tuple[str, ...]:
    return tuple(token.word for token in tokens(phrase.replace("_", " ")))


@lru_cache(maxsize=4096)
def _forms(phrase: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    """Each word of a phrase with its plural and its singular."""
    return tuple(
        frozenset((word, word.removesuffix("s")) + ((word + "s", word + "es") if len(word) > 3 else ()))
        for word in phrase
    )


def _exact(found: list[Token], phrases: list[tuple[str, tuple[str, ...]]]) -> Reading | None:
    """The option said word for word; the longest phrase wins, two different ones of a length are no answer."""
    heard = [token.word for token in found]
    hits = []
    for option, phrase in phrases:
        forms, size = _forms(phrase), len(phrase)
        hits += [
            (size, Reading(option, found[at].start, found[at + size - 1].end))
            for at, word in enumerate(heard)
            if forms and word in forms[0] and _says(heard[at : at + size], forms)
        ]
    if not hits:
        return None
    longest = max(size for size, _ in hits)
    values = {reading.value for size, reading in hits if size == longest}
    return next(reading for size, reading in hits if size == longest) if len(values) == 1 else None


def _says(heard: list[str], forms: tuple[frozenset[str], ...]) -> bool:
    return len(heard) == len(forms) and all(word in form for word, form in zip(heard, forms, strict=True))


def _ranged(text: str, options: tuple[str, ...]) -> Reading | None:
    said = number.find(text)
    if said is None:
        return None
    for option in options:
        limits = _limits(option)
        if limits is not None and limits[0] <= said.value <= limits[1]:
            return Reading(option, said.start, said.end)
    return None


def _limits(option: str) -> tuple[float, float] | None:
    match = _RANGE.fullmatch(option.strip())
    if match is not None:
        return float(match[1]), float(match[2])
    match = _OPEN_RANGE.fullmatch(option.strip())
    if match is None:
        return None
    least = float(match[1])
    return (least, least) if option.strip().isdigit() else (least, float("inf"))


def _placed(found: list[Token], options: tuple[str, ...]) -> Reading | None:
    for index, token in enumerate(found):
        place: int | None = _PLACES.get(token.word)
        if token.word in ("option", "number", "choice") and index + 1 < len(found):
            said = number.find(found[index + 1].word)
            place = int(said.value) - 1 if said is not None and said.value >= 1 else None
        if place is not None and -1 <= place < len(options):
            return Reading(options[place], token.start, token.end)
    return None


def _alike(found: list[Token], phrases: list[tuple[str, tuple[str, ...]]]) -> Reading | None:
    """The option that sounds most like some stretch of the words, if it stands out."""
    best: dict[str, tuple[float, Reading]] = {}
    for option, phrase in phrases:
        target = "".join(phrase)
        if len(target) < 3:
            continue
        for size in range(max(1, len(phrase) - 1), len(phrase) + 2):
            for at in range(len(found) - size + 1):
                window = found[at : at + size]
                score = fuzz.ratio("".join(token.word for token in window), target)
                if score > best.get(option, (0.0, None))[0]:
                    best[option] = (score, Reading(option, window[0].start, window[-1].end))
    ranked = sorted(best.values(), key=lambda entry: entry[0], reverse=True)
    if not ranked or ranked[0][0] < LIKE_PERCENT:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < MARGIN_PERCENT:
        return None
    return ranked[0][1]
