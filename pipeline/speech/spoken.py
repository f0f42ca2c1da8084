"""What is written, what is said of it, and how the one lies on the other."""

import bisect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

_WORD = re.compile(r"\S+")
_CLOSE_UP = frozenset(",.;:!?")  # no space before these


@dataclass(frozen=True, slots=True)
class Segment:
    """`shown[start:end]` is said as `said`; blanks are a space, nothing is left out."""

    start: int
    end: int
    said: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of text in its two forms.

    Attributes:
        shown: As it stands in captions and history.
        said: As a voice is given it.
        stops: `(characters of said, characters of shown)` at each end of a word that both have, ascending in both.
    """

    shown: str
    said: str
    stops: tuple[tuple[int, int], ...]

    def shown_until(self, said_chars: int) -> str:
        """Return the whole words of `shown` that are over once `said_chars` of `said` have been spoken."""
        index = bisect.bisect_right(self.stops, said_chars, key=itemgetter(0))
        return self.shown[: self.stops[index - 1][1]].strip() if index else ""


def as_written(text: str) -> Spoken:
    """Say what is written."""
    return Spoken(text, text, tuple((match.end(), match.end()) for match in _WORD.finditer(text)))


def assemble(shown: str, segments: Iterable[Segment]) -> Spoken:
    """Join segments, which follow each other without gaps, with single spaces and no doubled commas."""
    writer = _Writer()
    said_at: dict[int, int] = {}
    for segment in segments:
        writer.add(segment.said, is_copy=segment.said == shown[segment.start : segment.end])
        said_at[segment.end] = writer.length
    said = writer.finish(ends_open=shown.rstrip().endswith(","))
    stops: list[tuple[int, int]] = []
    for match in _WORD.finditer(shown):
        end = said_at.get(match.end(), 0)
        if end > 0:
            stops.append((min(end, len(said)), match.end()))
    if stops and said:
        stops[-1] = (len(said), stops[-1][1])
    return Spoken(shown, said, tuple(stops))


class _Writer:
    def __init__(self) -> None:
        self.length = 0
        self._parts: list[str] = []
        self._last = ""  # character
        self._blank = False
        self._last_was_copy = True

    def add(self, said: str, *, is_copy: bool) -> None:
        text = " ".join(said.split())
        if not text:
            self._blank = self._blank or bool(said)
            return
        if text[0] in _CLOSE_UP:
            if not self._last or (text[0] == "," and self._last in _CLOSE_UP):
                return
            if self._last == "," and text[0] != ",":
                self._take_back()
        elif self._last and (self._blank or said[0].isspace() or self._touches(text, is_copy)):
            text = f" {text}"
        self._append(text)
        self._blank = said[-1].isspace()
        self._last_was_copy = is_copy

    def finish(self, *, ends_open: bool) -> str:
        """Return the text; a comma that only we put at its end becomes a full stop."""
        if self._last == "," and not ends_open:
            self._take_back()
            self._append(".")
        return "".join(self._parts)

    def _touches(self, text: str, is_copy: bool) -> bool:
        """Whether words would run into each other that were not together in the original."""
        if is_copy and self._last_was_copy:
            return False
        return self._last in ",;:!?" or (text[0].isalnum() and self._last.isalnum())

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self.length += len(text)
        self._last = text[-1]

    def _take_back(self) -> None:
        """Remove the comma at the end."""
        self._parts[-1] = self._parts[-1][:-1]
        self.length -= 1
