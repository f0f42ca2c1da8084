"""The edits of a text, gathered and then made all at once."""

import re
from typing import Final

from flows.edit_regions import last_scalar, newline_before
from flows.edit_render import Style
from flows.tree import Node
from kit.errors import InputError

_HEADER: Final = re.compile(r"[|>][-+]?([0-9]?)[-+]?")


class EditError(InputError):
    """The text cannot be changed in place without harm."""

    code = "flow.edit_refused"


class TextEdits:
    """Replacements of spans of one text.

    Attributes:
        text: The text as it was.
        style: How it is written.
    """

    def __init__(self, text: str, root: Node, style: Style) -> None:
        """Begin without edits."""
        self.text = text
        self.style = style
        self._root = root
        self._end_is_broken = False
        self._edits: list[tuple[int, int, str]] = []

    def replace(self, start: int, end: int, new: str) -> None:
        """Put `new` in the place of a span; edits at one place keep their order."""
        self._edits.append((start, end, new))

    def insert_lines(self, offset: int, lines: list[str]) -> None:
        """Put whole lines at the beginning of a line, or at the end of a text that ends in the middle of one."""
        newline = self.style.newline
        written = "".join(line + newline for line in lines)
        if offset and not newline_before(self.text, offset) and not self._end_is_broken:
            self._end_is_broken = True
            self._strip_last_break()
            written = newline + written
        self.replace(offset, offset, written)

    def _strip_last_break(self) -> None:
        """A block text that the end of the file cut short must not gain the line break that now follows it."""
        node = last_scalar(self._root)
        header = _HEADER.match(self.text, node.start)
        if node.style in ("|", ">") and header is not None and not str(node.value).endswith("\n"):
            self.replace(node.start + 1, header.end(), f"{header[1]}-")

    def applied(self) -> str:
        """The text with all edits made."""
        parts, done = [], 0
        for start, end, new in sorted(self._edits, key=lambda edit: edit[0]):
            parts += [self.text[done:start], new]
            done = end
        return "".join([*parts, self.text[done:]])
