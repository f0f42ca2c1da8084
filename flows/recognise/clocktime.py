"""A time of day."""

import re
from typing import Final

from flows.recognise.cardinals import UNITS, below_hundred
from flows.recognise.reading import Reading, Token, tokens

_ISO_DATE: Final = re.compile(r"\b[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\b")
_HALF: Final = re.compile(
    r"^\s*,?\s*(?:in the |at |this )?(a\.?\s?m\b\.?|p\.?\s?m\b\.?|[ap]\b\.?(?=\s|$|[,.?!]))", re.I
)
_PART: Final = re.compile(r"\b(morning|afternoon|evening|tonight|at night|noon)\b", re.IGNORECASE)
_PACKED: Final = re.compile(r"\b([0-9]{1,2})([0-5][0-9])\b(?=\s*(?:a\.?\s?m|p\.?\s?m|o'?clock))", re.IGNORECASE)
_BARE: Final = re.compile(r"(?<![0-9.,:-])([0-9]{1,2})([0-5][0-9])(?![0-9.,:-]*[0-9])")
_COLON: Final = re.compile(r"\b([0-9]{1,2})[:.]([0-5][0-9])\b")
_FIXED: Final = {"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)}
_TO: Final = ("to", "till", "before", "of", "til")
_PAST: Final = ("past", "after", "passed", "pass")
# What a transcriber makes of `three` after `half past`.
_MISHEARD: Final = {"free": "three", "tree": "three"}
_CUES: Final = ("at", "around", "about", "by", "for")


def find(text: str, asked: bool = True) -> Reading | None:
    """A time as `HH:MM` in 24 hours.

    Without am, pm or a part of the day, 1 to 6 o'clock is the afternoon and 7 to 11 the morning.

    Args:
        text: What was said.
        asked: Whether a time was asked for; then a bare hour counts too.
    """
    text = _ISO_DATE.sub(lambda date: " " * len(date[0]), text)  # its month and day look like a time
    found = [Token(_MISHEARD.get(token.word, token.word), token.start, token.end) for token in tokens(text)]
    for hit in (_written(text, asked), _named(found), _relative(found), _hour(found, text, asked)):
        if hit is not None:
            hour, minute, start, end = hit
            return _finish(text, hour, minute, start, end)
    return None


def _finish(text: str, hour: int, minute: int, start: int, end: int) -> Reading | None:
    if not (0 <= hour <= 23 and 0 <= minute <= 59):
        return None
    half = _HALF.match(text[end:])
    if half is not None:
        end += half.end()
        evening = half[1].lower().startswith("p")
    else:
        part = _PART.search(text)
        word = part[1].lower() if part else ""
        evening = word in ("afternoon", "evening", "tonight", "at night") or (not word and 1 <= hour <= 6)
        if word == "at night" and (hour < 5 or hour == 12):
            evening = False
            hour %= 12
        half = part
    if hour <= 12 and not (half is None and hour in (0, 12)):
        hour = hour % 12 + (12 if evening or (half is not None and half[1].lower() == "noon") else 0)
    return Reading(f"{hour:02d}:{minute:02d}", start, end)


def _written(text: str, asked: bool) -> tuple[int, int, int, int] | None:
    match = _COLON.search(text)
    if match is not None and (":" in match[0] or asked or _HALF.match(text[match.end() :])):
        return int(match[1]), int(match[2]), match.start(), match.end()
    match = _PACKED.search(text) or (_BARE.search(text) if asked else None)
    return (int(match[1]), int(match[2]), match.start(), match.end()) if match else None


def _named(found: list[Token]) -> tuple[int, int, int, int] | None:
    for token in found:
        if token.word in _FIXED:
            return (*_FIXED[token.word], token.start, token.end)
    return None


def _relative(found: list[Token]) -> tuple[int, int, int, int] | None:
    """`half past three`, `quarter to four`, `twenty past four`, `ten minutes to five`."""
    for index, token in enumerate(found):
        if token.word not in _TO + _PAST or index == 0:
            continue
        amount = _amount(found, index)
        hour = below_hundred(found, index + 1)
        if amount is None or hour is None or not 1 <= hour[0] <= 12:
            continue
        minutes, first = amount
        span = found[first].start, found[hour[1] - 1].end
        if token.word in _PAST:
            return (hour[0], minutes, *span)
        return ((hour[0] - 2) % 12 + 1, 60 - minutes, *span)
    return None


def _amount(found: list[Token], index: int) -> tuple[int, int] | None:
    """Minutes before the word at `index`, and where they start."""
    at = index - 1
    if found[at].word in ("minutes", "minute"):
        at -= 1
    if at < 0:
        return None
    fixed = {"half": 30, "quarter": 15}.get(found[at].word)
    if fixed is not None:
        return fixed, at
    for size in (2, 1):
        hit = below_hundred(found, at - size + 1) if at - size + 1 >= 0 else None
        if hit is not None and hit[1] == at + 1 and 1 <= hit[0] <= 59:
            return hit[0], at - size + 1
    return None


def _hour(found: list[Token], text: str, asked: bool) -> tuple[int, int, int, int] | None:
    """`three thirty`, `3 pm`, `three o'clock`, `at three`; the most certain mention first."""
    mentions = []
    for index, token in enumerate(found):
        hit = below_hundred(found, index)
        if (
            hit is None
            or not 0 <= hit[0] <= 23
            or (hit[1] < len(found) and found[hit[1]].word in ("st", "nd", "rd", "th"))
        ):
            continue
        minute, following, clock = _minutes(found, hit[1])
        end = found[following - 1].end
        cue = index > 0 and found[index - 1].word in _CUES
        certain = clock or _HALF.match(text[end:]) is not None
        if certain or ((asked or (cue and found[index - 1].word == "at")) and hit[0] >= 1):
            mentions.append((not certain, not cue, index, (hit[0], minute, token.start, end)))
    return min(mentions)[3] if mentions else None


def _minutes(found: list[Token], at: int) -> tuple[int, int, bool]:
    """The minutes at `at`: value, index after them, and whether `o'clock` said so."""
    if at < len(found) and found[at].word in ("o'clock", "oclock"):
        return 0, at + 1, True
    if at + 1 < len(found) and [found[at].word, found[at + 1].word] == ["o", "clock"]:
        return 0, at + 2, True
    if at + 1 < len(found) and found[at].word in ("oh", "o") and found[at + 1].word in UNITS:
        return UNITS[found[at + 1].word], at + 2, True
    hit = below_hundred(found, at)
    if hit is not None and 10 <= hit[0] <= 59:
        return hit[0], hit[1], True
    return 0, at, False
