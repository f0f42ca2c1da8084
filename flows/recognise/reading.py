"""What a recogniser found, and the words it looks at."""

import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

_TOKEN: Final = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|[0-9]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A value, and the characters of the text that said it (`start` included, `end` not)."""

    value: Any
    start: int
    end: int


class Token(NamedTuple):
    """A word or a run of ASCII digits; `word` is in lower case."""

    word: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        """Whether it is written in digits."""
        return self.word.isdigit()


def tokens(text: str) -> list[Token]:
    """Split `text` into words and numbers; punctuation falls away."""
    return [Token(match[0].lower().replace("’", "'"), match.start(), match.end()) for match in _TOKEN.finditer(text)]


def words(text: str) -> list[str]:
    """The words of `text` in lower case."""
    return [token.word for token in tokens(text)]


def blanked(text: str, reading: Reading) -> str:
    """The text with what `reading` took made blank, so that nothing else takes it again."""
    return text[: reading.start] + " " * (reading.end - reading.start) + text[reading.end :]
