"""New values as YAML or JSON text, in the manner of the file that they go into."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flows.tree import TreeError, read

INLINE_CHARS: Final = 80  # a list or mapping that is longer gets lines of its own

_SIMPLE_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$-]*")
_OTHER_MEANING: Final = re.compile(  # what a reader of YAML 1.1 takes for no text, and what YAML 1.2 does
    r"~|null|true|false|yes|no|on|off|y|n|[-+.]?[0-9][0-9_.,:eE+-]*|0[xob][0-9a-f_]+|[-+]?\.(?:inf|nan)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*",
    re.IGNORECASE,
)
_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_NO_BLOCK: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]|[ \t](?:\n|$)")


@dataclass(frozen=True, slots=True)
class Style:
    """How a file is written.

    Attributes:
        newline: What ends a line.
        step: Columns from a key to a mapping under it.
        dash: Columns from a key to the dashes of a list under it.
        quote: The quotes that it prefers.
        is_json: Everything is quoted and bracketed.
    """

    newline: str = "\n"
    step: int = 2
    dash: int = 2
    quote: str = '"'
    is_json: bool = False


def scalar(value: Any, style: Style, *, in_flow: bool, like: str = "") -> str:
    """One value on one line; `like` is the quote that the old value had."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return _string(value, style, in_flow, like)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is not finite")
    return json.dumps(value)


def key(name: str, style: Style) -> str:
    """A key of a mapping, without its colon."""
    if style.is_json:
        return _double(name)
    plain = bool(_SIMPLE_KEY.fullmatch(name)) and not _OTHER_MEANING.fullmatch(name)
    return name if plain else _double(name)


def inline(value: Any, style: Style) -> str:
    """Any value on one line, in brackets where it needs them."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key(name, style)}: {inline(item, style)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(inline(item, style) for item in value) + "]"
    return scalar(value, style, in_flow=True)


def bracketed(value: Any, style: Style, column: int) -> str:
    """Like `inline`; in a JSON file a long value is spread over lines, the first of which is `column` far in."""
    line = inline(value, style)
    if not style.is_json or len(line) <= INLINE_CHARS or not isinstance(value, (dict, list)):
        return line
    inner, outer = style.newline + " " * (column + style.step), style.newline + " " * column
    if isinstance(value, dict):
        parts = [f"{key(name, style)}: {bracketed(item, style, column + style.step)}" for name, item in value.items()]
        return "{" + inner + f",{inner}".join(parts) + outer + "}"
    return "[" + inner + f",{inner}".join(bracketed(item, style, column + style.step) for item in value) + outer + "]"


def block(value: Any, style: Style, column: int) -> list[str]:
    """The lines of a mapping or list that is not empty, its keys or dashes at `column`."""
    if isinstance(value, Mapping):
        return [line for name, item in value.items() for line in entry(name, item, style, column)]
    return [line for item in value for line in element(item, style, column)]


def entry(name: str, value: Any, style: Style, column: int) -> list[str]:
    """The lines of one key and its value."""
    head = f"{' ' * column}{key(name, style)}:"
    if value and isinstance(value, (dict, list)):
        return [head, *block(value, style, column + (style.dash if isinstance(value, list) else style.step))]
    return _with_text(f"{head} ", value, style, column + style.step)


def element(value: Any, style: Style, column: int) -> list[str]:
    """The lines of one entry of a list, its dash at `column`."""
    head = f"{' ' * column}- "
    if value and isinstance(value, (dict, list)):
        first, *rest = block(value, style, column + 2)
        return [head + first[column + 2 :], *rest]
    return _with_text(head, value, style, column + 2)


def _with_text(head: str, value: Any, style: Style, column: int) -> list[str]:
    lines = block_scalar(value, "|", column) if isinstance(value, str) and "\n" in value else None
    if lines is not None:
        return [head + lines[0], *lines[1:]]
    return [head + (inline(value, style) if isinstance(value, (dict, list)) else scalar(value, style, in_flow=False))]


def block_scalar(text: str, kind: str, column: int, width: int = 100) -> list[str] | None:
    """A text as `|` or `>` with its lines at `column`; None if it cannot be written so."""
    body = text.removesuffix("\n")
    if not body or body[0] in " \t\n" or body.endswith("\n") or _NO_BLOCK.search(body):
        return None
    if kind == ">":
        if re.search(r"(?:^|\n)[ \t]", body):
            return None
        lines = [
            part for line in re.sub(r"\n+", lambda run: run[0] + "\n", body).split("\n") for part in _wrap(line, width)
        ]
    else:
        lines = body.split("\n")
    header = kind if text.endswith("\n") else f"{kind}-"
    return [header, *(" " * column + line if line else "" for line in lines)]


def _wrap(line: str, width: int) -> Iterator[str]:
    """Break at single spaces, which folding gives back."""
    part = ""
    for word in re.split(r"(?<=[^ \t]) (?=[^ \t])", line):
        if part and len(part) + 1 + len(word) > width:
            yield part
            part = word
        else:
            part = f"{part} {word}" if part else word
    yield part


def _string(value: str, style: Style, in_flow: bool, like: str) -> str:
    if style.is_json:
        return _double(value)
    choices: Sequence[str] = ("plain", style.quote) if like not in ("'", '"') else (like,)
    for choice in choices:
        if choice == "plain":
            written = value if value and not _OTHER_MEANING.fullmatch(value) else None
        else:
            written = "'" + value.replace("'", "''") + "'" if choice == "'" else _double(value)
        if written is not None and "\n" not in written and _reads_back(written, value, in_flow):
            return written
    return _double(value)


def _double(value: str) -> str:
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _reads_back(written: str, value: str, in_flow: bool) -> bool:
    try:
        root = read(f"{{k: {written}}}" if in_flow else f"k: {written}").value
    except TreeError:
        return False
    return isinstance(root, dict) and set(root) == {"k"} and root["k"].value == value
