"""Adds, removes and renames entries of one mapping or list."""

from collections.abc import Sequence
from typing import Any

from flows.edit_places import Place
from flows.edit_regions import (
    Entry,
    after_blank_lines,
    column_of,
    indent_of,
    keeps_breaks,
    lead_start,
    line_end,
    line_start,
    newline_before,
    opens_line,
    tail_end,
)
from flows.edit_render import bracketed, element, entry, key
from flows.edit_text import TextEdits
from flows.tree import Node

Row = tuple[str | None, Any]


class Rows:
    """The entries of one collection, at least one of which stays."""

    def __init__(self, edits: TextEdits, node: Node, listed: list[Entry]) -> None:
        """Take the entries of `node` in their order."""
        self._edits = edits
        self._text = edits.text
        self._node = node
        self._entries = listed
        self._in_flow = node.style == "flow"
        self._in_list = isinstance(node.value, list)

    def place(self, row: Entry) -> Place:
        """Where the value of an entry stands."""
        return Place(column_of(self._text, row.start), row.head_end, self._in_flow, self._in_list)

    def rename(self, row: Entry, name: str) -> None:
        """Give an entry another key."""
        assert row.name is not None
        self._edits.replace(row.name.start, row.name.end, key(name, self._edits.style))

    def remove(self, gone: set[int]) -> None:
        """Remove entries, with their comments."""
        if self._in_flow:
            for first, last in _runs(gone):
                self._remove_bracketed(first, last)
            return
        for first, last in _runs(gone):
            if first == 0 and not opens_line(self._text, self._entries[0].start):
                self._remove_behind_dash(last)
                continue
            keeps = first > 0 and keeps_breaks(self._text, self._entries[first - 1].node)
            for row in self._entries[first : last + 1]:
                end = tail_end(self._text, row)
                end = after_blank_lines(self._text, end) if keeps else end
                self._edits.replace(lead_start(self._text, row), end, "")

    def _remove_bracketed(self, first: int, last: int) -> None:
        text, rows = self._text, self._entries
        start = rows[first].start
        if last + 1 < len(rows):
            self._edits.replace(start, rows[last + 1].start, "")
            return
        before = rows[first - 1].end
        if "#" not in text[before:start]:
            self._edits.replace(before, rows[last].end, "")
            return
        inside = self._node.end - 1
        remark_end = min(line_end(text, rows[last].end), inside)
        if opens_line(text, start) and remark_end < inside:
            start = line_start(text, start) - len(newline_before(text, line_start(text, start)))
        self._edits.replace(start, remark_end, "")

    def _remove_behind_dash(self, last: int) -> None:
        """Remove the first entries where they share the line of a dash."""
        text, following = self._text, self._entries[last + 1]
        start, lead = self._entries[0].start, lead_start(text, following)
        if lead == line_start(text, following.start):
            self._edits.replace(start, following.start, "")
        else:
            kept = len(text[:start].rstrip(" \t"))
            self._edits.replace(kept, lead - len(newline_before(text, lead)), "")

    def insert(self, after: int, rows: Sequence[Row]) -> None:
        """Insert entries behind the one of index `after`; -1 is before the first."""
        if not rows:
            return
        if self._in_flow:
            self._insert_bracketed(after, rows)
            return
        style, column = self._edits.style, column_of(self._text, self._entries[0].start)
        lines = [
            line
            for name, value in rows
            for line in (element(value, style, column) if name is None else entry(name, value, style, column))
        ]
        first = self._entries[0].start
        if after >= 0:
            self._edits.insert_lines(tail_end(self._text, self._entries[after]), lines)
        elif opens_line(self._text, first):
            self._edits.insert_lines(lead_start(self._text, self._entries[0]), lines)
        else:
            joined = style.newline.join([lines[0].lstrip(" "), *lines[1:], " " * column])
            self._edits.replace(first, first, joined)

    def _insert_bracketed(self, after: int, rows: Sequence[Row]) -> None:
        text = self._text
        near = self._entries[max(after, 0)]
        own_line = opens_line(text, near.start)
        written = [self._written(row, indent_of(text, near.start)) for row in rows]
        gap = self._edits.style.newline + " " * column_of(text, near.start) if own_line else " "
        if after < 0:
            self._edits.replace(near.start, near.start, "".join(f"{row},{gap}" for row in written))
            return
        end = near.end
        if not own_line:
            self._edits.replace(end, end, "".join(f", {row}" for row in written))
            return
        limit = self._entries[after + 1].start if after + 1 < len(self._entries) else self._node.end - 1
        rest = text[end:limit]
        comma = len(rest) - len(rest.lstrip()) + 1 if rest.lstrip().startswith(",") else 0
        if not comma:
            self._edits.replace(end, end, ",")
        anchor = end + comma
        behind = text[anchor : min(line_end(text, anchor), limit)]
        if behind.lstrip().startswith("#"):
            anchor += len(behind)
        self._edits.replace(anchor, anchor, gap + f",{gap}".join(written) + ("," if comma else ""))

    def _written(self, row: Row, indent: int) -> str:
        name, value = row
        style = self._edits.style
        return (
            bracketed(value, style, indent)
            if name is None
            else f"{key(name, style)}: {bracketed(value, style, indent)}"
        )


def _runs(indexes: set[int]) -> list[tuple[int, int]]:
    """Neighbouring indexes as first and last."""
    runs: list[tuple[int, int]] = []
    for index in sorted(indexes):
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs
