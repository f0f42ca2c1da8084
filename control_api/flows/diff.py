"""What changed between two texts, as people read it."""

import difflib
import itertools
import re
from collections.abc import Iterable

_LINE = re.compile(r"[^\n]*\n|[^\n]+")

_MAX_COMPARED = 4_000_000
"""Lines of one text times lines of the other: comparing takes that many steps at worst."""
_CONTEXT = 3


def unified(old: str, new: str, old_name: str, new_name: str) -> str:
    """Return a unified diff; empty if the texts are alike.

    Of very large and very different texts, all that lies between their common beginning and end counts as changed.
    """
    before, after = _LINE.findall(old), _LINE.findall(new)
    head = _alike(before, after)
    tail = _alike(reversed(before[head:]), reversed(after[head:]))
    if (len(before) - head - tail) * (len(after) - head - tail) > _MAX_COMPARED:
        lines = _as_one_change(before, after, head, tail)
        body = [f"--- {old_name}\n", f"+++ {new_name}\n", *lines]
    else:
        body = list(difflib.unified_diff(before, after, old_name, new_name, n=_CONTEXT))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in body)


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _as_one_change(before: list[str], after: list[str], head: int, tail: int) -> list[str]:
    first, last = max(0, head - _CONTEXT), min(tail, _CONTEXT)
    removed, added = before[head : len(before) - tail], after[head : len(after) - tail]
    shared = before[len(before) - tail :][:last]
    around = head - first + last
    place = f"@@ -{first + 1},{around + len(removed)} +{first + 1},{around + len(added)} @@\n"
    return [
        place,
        *(f" {line}" for line in before[first:head]),
        *(f"-{line}" for line in removed),
        *(f"+{line}" for line in added),
        *(f" {line}" for line in shared),
    ]
