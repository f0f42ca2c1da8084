"""YAML or JSON text as a tree whose every node knows its line and column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from flows.findings import Finding

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 40

_INT: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18}|[0-9]{1,18})(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_BREAKS_OF_YAML_1_1: Final = re.compile("[\x85\u2028\u2029]")


@dataclass(slots=True)
class Node:
    """One value of the document.

    Attributes:
        value: A scalar, a list of nodes, or a dict of nodes by key.
        line: From 1.
        column: From 1.
        text: The source text of a scalar.
        keys: Where each key of a mapping stands.
        start: Offset of its first character in the text; a tag or an anchor is part of it.
        end: Offset behind its last character; for a block collection, where what follows it begins.
        style: How a scalar is written: plain (empty), a quote, `|` or `>`; for a collection `flow` or `block`.
        names: The keys of a mapping as nodes.
    """

    value: Any
    line: int
    column: int
    text: str
    keys: "dict[str, tuple[int, int]]"
    start: int
    end: int
    style: str
    names: "dict[str, Node]"


# All nodes that are no mapping share these: a large document has thousands.
_NO_KEYS: Final[dict[str, tuple[int, int]]] = {}
_NO_NAMES: Final[dict[str, Node]] = {}


class TreeError(Exception):
    """The text is no document; carries the one finding that says why."""

    def __init__(self, code: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.finding = Finding("", line, column, "error", code, message)


def read(text: str) -> Node:
    """Read one document, YAML 1.2 or JSON.

    Raises:
        TreeError: Not a document, too large, too deep, or it uses aliases.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TreeError("parse.too_large", f"The document is larger than {MAX_BYTES // 1024} KiB.")
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented with tabs, which YAML refuses
    if not _BREAKS_OF_YAML_1_1.search(text):
        try:
            return _Builder().build(_fast_events(text))
        except (yaml.YAMLError, ValueError):
            pass  # libyaml is much faster; the parser in Python says better what is wrong, and knows YAML 1.2
    return _read_precisely(text)


def _fast_events(text: str) -> Iterator[Any]:
    loader = yaml.CSafeLoader(text)
    try:
        yield from iter(loader.get_event, None)
    finally:
        loader.dispose()


def _read_precisely(text: str) -> Node:
    try:
        return _Builder().build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise TreeError("parse.syntax", f"Not valid YAML: {error.problem or error.context}.", line, column) from error
    except (YAMLError, ValueError, RecursionError, IndexError, OverflowError) as error:
        raise TreeError("parse.syntax", f"Not valid YAML: {str(error).splitlines()[0][:200]}") from error


def plain(node: Node) -> Any:
    """The node's value as dicts, lists and scalars."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


class _Builder:
    """Builds the tree from parser events without recursion, so that depth is a number and not a crash."""

    def __init__(self) -> None:
        self.stack: list[tuple[Node, list[Any]]] = []
        self.root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node:
        documents = 0
        for event in events:
            match type(event).__name__:
                case "ScalarEvent":
                    self.add(_node(event, _scalar(event), event.value, event.style or ""))
                case "MappingStartEvent":
                    self.push(_node(event, {}, "", "flow" if event.flow_style else "block"))
                case "SequenceStartEvent":
                    self.push(_node(event, [], "", "flow" if event.flow_style else "block"))
                case "MappingEndEvent" | "SequenceEndEvent":
                    node = self.stack.pop()[0]
                    node.end = event.end_mark.index
                    self.add(node)
                case "AliasEvent":
                    message = "Aliases (*name) are not allowed; write it out."
                    raise _error_at(event.start_mark, "parse.alias", message)
                case "DocumentStartEvent":
                    documents += 1
                    if documents > 1:
                        raise _error_at(event.start_mark, "parse.many_documents", "One document per file.")
                case _:
                    pass
        if self.root is None:
            raise TreeError("parse.empty", "The document is empty.")
        return self.root

    def push(self, node: Node) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise TreeError("parse.too_deep", f"Nested deeper than {MAX_DEPTH} levels.", node.line, node.column)
        self.stack.append((node, []))

    def add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent, pending = self.stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif not pending:
            self.check_key(parent, node)
            pending.append(node)
        else:
            key = pending.pop()
            parent.value[key.text] = node
            parent.keys[key.text] = (key.line, key.column)
            parent.names[key.text] = key

    def check_key(self, parent: Node, key: Node) -> None:
        if isinstance(key.value, (dict, list)):
            raise TreeError("parse.bad_key", "A key must be a word.", key.line, key.column)
        key.text = _whole(key.text)
        if key.text in parent.value:
            raise TreeError("parse.duplicate_key", f"The key '{key.text}' stands here twice.", key.line, key.column)


def _node(event: Any, value: Any, text: str, style: str) -> Node:
    mark = event.start_mark
    keys, names = ({}, {}) if isinstance(value, dict) else (_NO_KEYS, _NO_NAMES)
    return Node(value, mark.line + 1, mark.column + 1, text, keys, mark.index, event.end_mark.index, style, names)


def _error_at(mark: Any, code: str, message: str) -> TreeError:
    return TreeError(code, message, mark.line + 1, mark.column + 1)


def _scalar(event: Any) -> Any:
    text = event.value
    if event.style or str(event.tag or "").endswith("str"):
        return _whole(text)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return _whole(text)


def _whole(text: str) -> str:
    """Join the surrogate pairs that JSON escapes leave behind."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
