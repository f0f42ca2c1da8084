"""The form of a rule: where it may begin, what it matches, and what is said instead."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

Start = Literal["digit", "letter", "sign"]


@dataclass(frozen=True, slots=True)
class Locale:
    """A language (ISO 639) and a region (ISO 3166, may be empty)."""

    language: str
    region: str = ""

    @property
    def american(self) -> bool:
        """Whether months come before days and hundreds go without `and`."""
        return self.language == "en" and self.region in ("", "US")


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to read something.

    Attributes:
        starts: Kinds of character that it can begin with.
        pattern: Tried at the beginning of a word, number or sign. Every repetition in it is bounded, or is a single run
            of one kind of character, so that reading a text takes time in proportion to its length.
        read: Returns what is said for a match, None if it is something else after all.
    """

    starts: tuple[Start, ...]
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], Locale], str | None]


_LOOK_BACK: Final = 40


def before(match: re.Match[str]) -> str:
    """Return what stands before a match, as far as it matters."""
    return match.string[max(0, match.start() - _LOOK_BACK) : match.start()]


def after(match: re.Match[str]) -> str:
    """Return what follows a match, as far as it matters."""
    return match.string[match.end() : match.end() + _LOOK_BACK]


def full_stop(match: re.Match[str]) -> str:
    """Return the full stop that the last dot of an abbreviation is as well, where the text ends with it."""
    return "." if match[0].endswith(".") and not after(match).strip("\"'”’)]* \n") else ""
