"""Runs the recogniser of a slot."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from flows.model import empty
from flows.recognise import calendar, choice, clocktime, digits, email, name, number, phone, text, yes_no
from flows.recognise.reading import Reading

MAX_CHARS: Final = 2_000
_CORRECTION: Final = re.compile(
    r"\b(?:no,? wait|i mean|i meant|sorry,? no|actually|make (?:that|it)|rather)\b[\s,]*", re.I
)


@dataclass(frozen=True, slots=True)
class Slot:
    """What a recogniser needs to know.

    Attributes:
        kind: Its name, such as `date`.
        options: The canonical values of an `enum`.
        synonyms: Other words for an option.
        minimum: The least number, if there is one.
        maximum: The greatest number, if there is one.
    """

    kind: str
    options: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=empty)
    minimum: float | None = None
    maximum: float | None = None


def recognise(slot: Slot, said: str, today: date, asked: bool = True) -> Reading | None:
    """Read the slot's value out of `said`.

    What follows a correction ("no wait", "I mean") counts before the whole.

    Args:
        slot: What is wanted.
        said: The transcript.
        today: The caller's day.
        asked: Whether the slot was asked for; else only what is unmistakable counts, and numbers, digits, yes and no
            and free text never do.
    """
    said = said[:MAX_CHARS]
    if slot.kind not in ("text", "yes_no"):
        for mark in reversed(list(_CORRECTION.finditer(said))):
            tail = _read(slot, said[mark.end() :], today, asked)
            if tail is not None:
                return Reading(tail.value, mark.end() + tail.start, mark.end() + tail.end)
    return _read(slot, said, today, asked)


def _read(slot: Slot, said: str, today: date, asked: bool) -> Reading | None:
    match slot.kind:
        case "date":
            return calendar.find(said, today, asked)
        case "time":
            return clocktime.find(said, asked)
        case "email":
            return email.find(said)
        case "phone":
            return phone.find(said, 7 if asked else 10)
        case "name":
            return name.find(said, asked)
        case "enum":
            return choice.find(said, slot.options, slot.synonyms, asked)
        case kind:
            return _asked_only(kind, slot, said) if asked else None


def _asked_only(kind: str, slot: Slot, said: str) -> Reading | None:
    match kind:
        case "yes_no":
            return yes_no.find(said)
        case "number":
            return _in_range(slot, number.find(said))
        case "digits":
            return digits.find(said)
        case _:
            return text.find(said)


def _in_range(slot: Slot, reading: Reading | None) -> Reading | None:
    if reading is None:
        return None
    low = slot.minimum is None or reading.value >= slot.minimum
    high = slot.maximum is None or reading.value <= slot.maximum
    return reading if low and high else None
