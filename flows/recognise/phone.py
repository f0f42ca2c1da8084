"""A telephone number."""

import re
from typing import Final

from flows.recognise import digits
from flows.recognise.reading import Reading

_PLUS: Final = re.compile(r"\bplus\s+|\+\s*", re.IGNORECASE)
_NOISE: Final = re.compile(r"\b(?:area code|extension|my number is)\b", re.IGNORECASE)


def find(text: str, least: int = 7) -> Reading | None:
    """Seven to fifteen digits, with a leading `+` if it was said or written; a US number has ten.

    Args:
        text: What was said.
        least: Fewer digits are no number; higher where nobody asked for one.
    """
    padded = _NOISE.sub(lambda match: "_" * len(match[0]), text)
    run = digits.find(padded.replace("_", " "), least)
    if run is None or len(run.value) > 15:
        return None
    before = text[max(0, run.start - 6) : run.start]
    plus = _PLUS.search(before)
    start = run.start - len(before) + plus.start() if plus else run.start
    if plus is None and len(run.value) == 11 and run.value.startswith("1"):
        return Reading(run.value[1:], start, run.end)
    return Reading(("+" if plus else "") + run.value, start, run.end)
