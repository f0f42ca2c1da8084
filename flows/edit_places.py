"""Puts another value in the place of an old one."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from flows.edit_regions import content_end, indent_of, line_end
from flows.edit_render import INLINE_CHARS, block, block_scalar, bracketed, inline, scalar
from flows.edit_text import EditError, TextEdits
from flows.tree import Node

_HEADER: Final = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands.

    Attributes:
        column: Of its key or dash.
        head_end: Offset behind its colon or dash.
        in_flow: Inside brackets.
        in_list: It has a dash, not a key.
    """

    column: int
    head_end: int
    in_flow: bool = False
    in_list: bool = False


def replaced(edits: TextEdits, node: Node, value: Any, place: Place) -> tuple[int, int, str]:
    """The edit that makes `node` hold a value of another kind, or another scalar."""
    many = isinstance(value, (dict, list, tuple))
    if place.head_end == 0:
        raise EditError("Not one key of the old document is in the new one.")
    if place.in_flow:
        return _in_flow(edits, node, value, place)
    if node.style == "block":
        return _for_block(edits, node, value, place)
    if node.start == node.end:
        node = replace(node, start=place.head_end, end=place.head_end)
    if many and value and (node.style in ("|", ">") or len(inline(value, edits.style)) > INLINE_CHARS):
        return _to_lines(edits, node, value, place)
    if many:
        return node.start, content_end(edits.text, node), _gap(edits, node) + inline(value, edits.style)
    return _scalar(edits, node, value, place)


def _gap(edits: TextEdits, node: Node) -> str:
    """A blank for a value that was empty and so stood right behind its colon or dash."""
    return " " if edits.text[max(0, node.start - 1) : node.start] in (":", "-", "?") else ""


def _in_flow(edits: TextEdits, node: Node, value: Any, place: Place) -> tuple[int, int, str]:
    text, style = edits.text, edits.style
    if isinstance(value, (dict, list, tuple)):
        new = bracketed(value, style, indent_of(text, place.head_end))
    else:
        new = scalar(value, style, in_flow=True, like=node.style)
    bare = node.start == node.end and not place.in_list and text[place.head_end - 1] != ":"
    return node.start, node.end, (": " if bare else _gap(edits, node)) + new


def _scalar(edits: TextEdits, node: Node, value: Any, place: Place) -> tuple[int, int, str]:
    text, style = edits.text, edits.style
    end = content_end(text, node)
    if node.style not in ("|", ">"):
        return node.start, end, _gap(edits, node) + scalar(value, style, in_flow=False, like=node.style)
    header = _HEADER.match(text, node.start)
    comment = (header[1] if header else None) or ""
    lines = None
    if isinstance(value, str) and not (end == len(text) and value.endswith("\n")):
        body = text[node.start : end].splitlines()[1:]
        indent = min((len(line) - len(line.lstrip(" ")) for line in body if line.strip()), default=place.column + 2)
        width = max((len(line) - indent for line in body), default=80)
        lines = block_scalar(value, node.style, indent, width)
    if lines is None:
        return node.start, end, scalar(value, style, in_flow=False, like='"') + comment
    return node.start, end, style.newline.join([lines[0] + comment, *lines[1:]])


def _for_block(edits: TextEdits, node: Node, value: Any, place: Place) -> tuple[int, int, str]:
    """Write over a mapping or list on lines of its own; the comment in the line of its key stays."""
    text, end = edits.text, line_end(edits.text, content_end(edits.text, node))
    head = text[place.head_end : min(line_end(text, place.head_end), node.start)].rstrip()
    remark = f" {head.lstrip()}" if head.strip().startswith("#") else ""
    if value and isinstance(value, (dict, list)):
        return place.head_end, end, remark + _lines(edits, value, place)
    return (
        place.head_end,
        end,
        " "
        + (
            inline(value, edits.style)
            if isinstance(value, (dict, list, tuple))
            else scalar(value, edits.style, in_flow=False)
        )
        + remark,
    )


def _to_lines(edits: TextEdits, node: Node, value: Any, place: Place) -> tuple[int, int, str]:
    text = edits.text
    end = line_end(text, content_end(text, node))
    header = _HEADER.match(text, node.start)
    remark = text[content_end(text, node) : end].strip() if header is None else (header[1] or "").strip()
    return place.head_end, end, (f" {remark}" if remark else "") + _lines(edits, value, place)


def _lines(edits: TextEdits, value: Any, place: Place) -> str:
    style = edits.style
    under_key = style.dash if isinstance(value, list) else style.step
    rows = block(value, style, place.column + (2 if place.in_list else under_key))
    return style.newline + style.newline.join(rows)
