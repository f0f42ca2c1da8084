"""Where the entries of a mapping or list stand in the text, with the comments that are theirs."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from flows.edit_render import Style
from flows.tree import Node

_BREAK: Final = re.compile(r"\r\n|\n|\r")
_COLON: Final = re.compile(r"\s*:")
_COMMENT_LINE: Final = re.compile(r"([ \t]*)#[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a collection.

    Attributes:
        start: Offset of its key or dash; of the value in a bracketed list.
        head_end: Offset behind its colon or dash, from where the value may stand.
        end: Offset behind its last character, comments not counted.
        name: The node of its key, if it has one.
    """

    start: int
    head_end: int
    end: int
    node: Node
    name: Node | None = None


def entries(text: str, node: Node) -> list[Entry]:
    """The entries of a collection in their order."""
    if isinstance(node.value, dict):
        return [_keyed(text, node.names[name], child) for name, child in node.value.items()]
    if node.style == "flow":
        return [Entry(child.start, child.start, content_end(text, child), child) for child in node.value]
    return [_dashed(text, node, child) for child in node.value]


def _keyed(text: str, name: Node, child: Node) -> Entry:
    colon = _COLON.match(text, name.end)
    head_end = colon.end() if colon else name.end
    return Entry(name.start, head_end, max(head_end, content_end(text, child)), child, name)


def _dashed(text: str, node: Node, child: Node) -> Entry:
    column, line = node.column - 1, line_start(text, child.start)
    while not re.match(r"-(?=\s|$)", text[line + column : line + column + 2]):
        line = line_start(text, line - len(newline_before(text, line)))
    dash = line + column
    return Entry(dash, dash + 1, max(dash + 1, content_end(text, child)), child)


def content_end(text: str, node: Node) -> int:
    """Behind the last character of a node; the parser counts blank lines and comments after it too."""
    while node.style == "block":
        children = list(node.value.values()) if isinstance(node.value, dict) else node.value
        node = children[-1]
    if node.style not in ("|", ">"):
        return node.end
    body = text[node.start : node.end]
    if "+" in body[:3]:
        return node.end - len(newline_before(text, node.end))
    return node.start + len(body.rstrip(" \t\r\n"))


def line_start(text: str, offset: int) -> int:
    """Where the line of `offset` begins."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    """Where the line of `offset` ends, its line break not counted."""
    found = _BREAK.search(text, offset)
    return found.start() if found else len(text)


def next_line(text: str, offset: int) -> int:
    """Where the line after that of `offset` begins, or the end of the text."""
    found = _BREAK.search(text, offset)
    return found.end() if found else len(text)


def newline_before(text: str, offset: int) -> str:
    """The line break that ends at `offset`, or nothing."""
    found = re.search(r"(?:\r\n|\n|\r)$", text[max(0, offset - 2) : offset])
    return found[0] if found else ""


def column_of(text: str, offset: int) -> int:
    """Characters of its line before `offset`."""
    return offset - line_start(text, offset)


def indent_of(text: str, offset: int) -> int:
    """How far in the line of `offset` begins."""
    line = text[line_start(text, offset) : line_end(text, offset)]
    return len(line) - len(line.lstrip(" "))


def opens_line(text: str, offset: int) -> bool:
    """Whether nothing but blanks stands before `offset` in its line."""
    return not text[line_start(text, offset) : offset].strip()


def lead_start(text: str, entry: Entry) -> int:
    """Where the comments right above a block entry begin that are as far in as it is; else where its line begins."""
    column, start = column_of(text, entry.start), line_start(text, entry.start)
    while start > 0:
        above = line_start(text, start - len(newline_before(text, start)))
        comment = _COMMENT_LINE.match(text, above)
        if comment is None or len(comment[1]) != column:
            break
        start = above
    return start


def tail_end(text: str, entry: Entry) -> int:
    """Behind the last line of a block entry, and behind the comments after it that are further in than its key."""
    column = column_of(text, entry.start)
    end = seen = next_line(text, entry.end)
    while seen < len(text):
        comment = _COMMENT_LINE.match(text, seen)
        if comment is not None and len(comment[1]) > column:
            end = next_line(text, seen)
        elif text[seen : line_end(text, seen)].strip():
            break
        seen = next_line(text, seen)
    return end


def last_scalar(node: Node) -> Node:
    """The scalar, or bracketed collection, that ends a node."""
    while node.style == "block":
        node = list(node.value.values())[-1] if isinstance(node.value, dict) else node.value[-1]
    return node


def keeps_breaks(text: str, node: Node) -> bool:
    """Whether a node ends with a block text to which the blank lines after it belong (`|+`)."""
    last = last_scalar(node)
    return last.style in ("|", ">") and "+" in text[last.start : last.start + 3]


def after_blank_lines(text: str, offset: int) -> int:
    """Where the first line from `offset` on begins that is not blank."""
    while offset < len(text) and not text[offset : line_end(text, offset)].strip():
        offset = next_line(text, offset)
    return offset


def style_of(text: str, root: Node) -> Style:
    """How the file is written, by what it does most often."""
    found = _BREAK.search(text)
    steps: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    quotes: Counter[str] = Counter()
    todo = [root]
    while todo:
        node = todo.pop()
        quotes[node.style] += 1
        children = node.value if isinstance(node.value, list) else []
        if isinstance(node.value, dict):
            children = list(node.value.values())
            for name, child in node.value.items():
                if child.style == "block" and node.style == "block":
                    first = child.column if isinstance(child.value, list) else next(iter(child.keys.values()))[1]
                    (dashes if isinstance(child.value, list) else steps)[first - node.keys[name][1]] += 1
        todo += children
    return Style(
        newline=found[0] if found else "\n",
        step=max(steps.most_common(1)[0][0], 1) if steps else 2,
        dash=max(dashes.most_common(1)[0][0], 0) if dashes else 2,
        quote="'" if quotes["'"] > quotes['"'] else '"',
        is_json=root.style == "flow" and '"' in quotes and all(name.style == '"' for name in root.names.values()),
    )
