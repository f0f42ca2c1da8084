"""Brings a document's text up to a new content and leaves every line alone that need not change.

The old content and the new are compared; each difference becomes an edit of a span of the text. What comes out is read
again before it is given back: if it does not hold exactly the new content, nothing is changed.
"""

from collections.abc import Mapping
from typing import Any, Final

from flows.edit_places import Place, replaced
from flows.edit_regions import Entry, entries, style_of
from flows.edit_rows import Rows
from flows.edit_text import EditError, TextEdits
from flows.tree import Node, TreeError, read

__all__ = ["EditError", "apply", "from_json"]

_BOM: Final = "\ufeff"


def apply(text: str, document: Mapping[str, Any]) -> str:
    """The text with the content of `document`, and its own comments, order, quotes and layout.

    Where the key order of the two differs, the text's stays; new keys go to the end of their mapping.

    Args:
        text: YAML or JSON.
        document: JSON values.

    Raises:
        EditError: The text is no document, or it cannot be changed so without harm.
    """
    if text.startswith(_BOM):
        return _BOM + apply(text.removeprefix(_BOM), document)
    try:
        root = read(text)
        if not isinstance(root.value, dict) or not document:
            raise EditError("A flow is a mapping of keys.")
        if same(root, document):
            return text
        editor = _Editor(text, root)
        editor.change(root, document, Place(0, 0, in_flow=root.style == "flow"))
        edited = editor.edits.applied()
        fits = same(read(edited), document)
    except TreeError as error:
        raise EditError(f"{error.finding.message} (line {error.finding.line})") from error
    except (ValueError, TypeError) as error:
        raise EditError(f"A document holds only JSON values: {error}.") from error
    if not fits:
        raise EditError("This text cannot be changed in place; write the document anew.")
    return edited


def from_json(document: Mapping[str, Any]) -> str:
    """A new YAML text.

    Raises:
        EditError: It cannot be written.
    """
    base = "id: new\n"
    if "id" not in document:
        raise EditError("A flow has an id.")
    return apply(base, document)


def same(node: Node, value: Any) -> bool:
    """Whether a node holds `value`, as JSON sees it: 5 is 5.0, true is not 1."""
    have = node.value
    if isinstance(have, dict):
        return isinstance(value, Mapping) and have.keys() == value.keys() and all(
            same(child, value[name]) for name, child in have.items()
        )  # fmt: skip
    if isinstance(have, list):
        return (
            isinstance(value, (list, tuple))
            and len(have) == len(value)
            and all(same(child, item) for child, item in zip(have, value, strict=True))
        )
    if isinstance(have, bool) or isinstance(value, bool):
        return have is value
    return bool(have == value)


class _Editor:
    """Walks over the differences and notes the edits they need."""

    def __init__(self, text: str, root: Node) -> None:
        self.edits = TextEdits(text, root, style_of(text, root))

    def change(self, node: Node, value: Any, place: Place) -> None:
        """Make `node` hold `value`."""
        if same(node, value):
            return
        listed = entries(self.edits.text, node) if isinstance(node.value, (dict, list)) else []
        if isinstance(node.value, dict) and isinstance(value, Mapping):
            done = self._mapping(node, listed, value)
        elif isinstance(node.value, list) and isinstance(value, (list, tuple)):
            done = self._sequence(node, listed, list(value))
        else:
            done = False
        if not done:
            self.edits.replace(*replaced(self.edits, node, value, place))

    def _mapping(self, node: Node, listed: list[Entry], value: Mapping[str, Any]) -> bool:
        names = _renamed(tuple(node.value), tuple(value))
        kept = [index for index, name in enumerate(node.value) if names.get(name, name) in value]
        if not kept:
            return False
        rows = Rows(self.edits, node, listed)
        for name, entry in zip(node.value, listed, strict=True):
            new = names.get(name, name)
            if new in value:
                if new != name and entry.name is not None:
                    rows.rename(entry, new)
                self.change(entry.node, value[new], rows.place(entry))
        added = [(name, item) for name, item in value.items() if name not in node.value and name not in names.values()]
        rows.remove(set(range(len(listed))) - set(kept))
        rows.insert(kept[-1], added)
        return True

    def _sequence(self, node: Node, listed: list[Entry], value: list[Any]) -> bool:
        old = node.value
        head = 0
        while head < min(len(old), len(value)) and same(old[head], value[head]):
            head += 1
        tail = 0
        while tail < min(len(old), len(value)) - head and same(old[-1 - tail], value[-1 - tail]):
            tail += 1
        paired = min(len(old), len(value)) - tail
        if paired + tail == 0:
            return False
        rows = Rows(self.edits, node, listed)
        for index in range(head, paired):
            self.change(old[index], value[index], rows.place(listed[index]))
        rows.remove(set(range(paired, len(old) - tail)))
        rows.insert(paired - 1, [(None, item) for item in value[paired : len(value) - tail]])
        return True


def _renamed(old: tuple[str, ...], new: tuple[str, ...]) -> dict[str, str]:
    """Keys that have another name now: as many as before, and each at the place of one that is gone."""
    if len(old) != len(new):
        return {}
    pairs = {before: after for before, after in zip(old, new, strict=True) if before != after}
    return pairs if all(a not in new and b not in old for a, b in pairs.items()) else {}
