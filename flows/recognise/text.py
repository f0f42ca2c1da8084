"""Anything said, as it is."""

from typing import Final

from flows.recognise.reading import Reading, words

MAX_CHARS: Final = 2_000
_FILLERS: Final = frozenset({"um", "uh", "er", "hmm", "mm", "ah", "oh", "well", "so"})


def find(text: str) -> Reading | None:
    """The whole text, unless it says nothing."""
    kept = text.strip()[:MAX_CHARS].strip()
    if not kept or (all(word in _FILLERS for word in words(kept)) and kept.isascii()):
        return None
    return Reading(kept, 0, len(text))
