"""YAML or JSON text as a tree whose every node knows its line and column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from flows.findings import Finding

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 40

_INT: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18}|[0-9]{1,18})(?:[eE][-+]?[0-9]{1,2})?")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class Node:
    """One value of the document.

    Attributes:
        value: A scalar, a list of nodes, or a dict of nodes by key.
        line: From 1.
        column: From 1.
        text: The source text of a scalar.
        keys: Where each key of a mapping stands.
    """

    value: Any
    line: int
    column: int
    text: str = ""
    keys: "dict[str, tuple[int, int]]" = field(default_factory=dict)


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
    try:
        return _Builder().build(_events(text))
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


def _events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(text)


class _Builder:
    """Builds the tree from parser events without recursion, so that depth is a number and not a crash."""

    def __init__(self) -> None:
        self.stack: list[tuple[Node, list[Any]]] = []
        self.root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node:
        documents = 0
        for event in events:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            match event:
                case DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise TreeError("parse.many_documents", "One document per file.", line, column)
                case AliasEvent():
                    raise TreeError("parse.alias", "Aliases (*name) are not allowed; write it out.", line, column)
                case ScalarEvent():
                    self.add(Node(_scalar(event), line, column, event.value))
                case MappingStartEvent():
                    self.push(Node({}, line, column))
                case SequenceStartEvent():
                    self.push(Node([], line, column))
                case MappingEndEvent() | SequenceEndEvent():
                    self.add(self.stack.pop()[0])
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

    def check_key(self, parent: Node, key: Node) -> None:
        if isinstance(key.value, (dict, list)):
            raise TreeError("parse.bad_key", "A key must be a word.", key.line, key.column)
        key.text = _whole(key.text)
        if key.text in parent.value:
            raise TreeError("parse.duplicate_key", f"The key '{key.text}' stands here twice.", key.line, key.column)


def _scalar(event: ScalarEvent) -> Any:
    text = event.value
    if event.style is not None or str(event.tag or "").endswith("str"):
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
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
