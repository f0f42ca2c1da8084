"""Reads typed values out of a document tree and notes what does not fit."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flows.findings import Finding, Severity
from flows.model import frozen
from flows.tree import Node, plain

_YES = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}


class Section:
    """One mapping of the document, its path, and the findings of the whole document."""

    def __init__(self, node: Node | None, path: str, findings: list[Finding]) -> None:
        """Take `node` if it is a mapping; anything else is a finding, and reads as empty."""
        self.path = path
        self.findings = findings
        self.node = node
        self.children: dict[str, Node] = {}
        if node is None or node.value is None:
            return
        if isinstance(node.value, dict):
            self.children = node.value
        else:
            self.note(node, "parse.type", f"'{path or 'the document'}' must be a mapping of keys to values.")

    def note(self, node: Node, code: str, message: str, path: str = "", severity: Severity = "error") -> None:
        """Add a finding at `node`."""
        self.findings.append(Finding(path or self.path, node.line, node.column, severity, code, message))

    def at(self, key: str) -> str:
        """The path of a key of this section."""
        return f"{self.path}.{key}" if self.path else key

    def missing(self, key: str) -> None:
        """Note that a key is required here."""
        line, column = (self.node.line, self.node.column) if self.node else (1, 1)
        message = f"'{self.at(key)}' is required."
        self.findings.append(Finding(self.at(key), line, column, "error", "parse.required", message))

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return key in self.children and self.children[key].value is not None

    def wrong(self, key: str, wanted: str) -> None:
        """Note that a key holds the wrong type."""
        self.note(self.children[key], "parse.type", f"'{self.at(key)}' must be {wanted}.", self.at(key))

    def text(self, key: str, default: str | None = None) -> str | None:
        """A string; numbers and the like are findings with the advice to quote them."""
        if not self.has(key):
            return default
        node = self.children[key]
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, (dict, list)):
            self.wrong(key, "text")
        else:
            self.wrong(key, f'text: write "{node.text}" in quotes')
        return default

    def required_text(self, key: str) -> str:
        """A string that must be there; a missing one is a finding and reads as empty."""
        if not self.has(key):
            self.missing(key)
        return self.text(key) or ""

    def flag(self, key: str, default: bool) -> bool:
        """True or false, also in the words of YAML 1.1."""
        if not self.has(key):
            return default
        value = self.children[key].value
        value = _YES.get(value.lower(), value) if isinstance(value, str) else value
        if isinstance(value, bool):
            return value
        self.wrong(key, "true or false")
        return default

    def number(self, key: str) -> float | None:
        """A number, or None."""
        if not self.has(key):
            return None
        value = self.children[key].value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        self.wrong(key, "a number")
        return None

    def section(self, key: str) -> "Section":
        """The mapping under `key`; empty if there is none."""
        return Section(self.children.get(key), self.at(key), self.findings)

    def items(self, key: str) -> "list[tuple[str, Node]]":
        """The entries of a list under `key`, each with its path."""
        if not self.has(key):
            return []
        value = self.children[key].value
        if not isinstance(value, list):
            self.wrong(key, "a list")
            return []
        return [(f"{self.at(key)}[{index}]", node) for index, node in enumerate(value)]

    def words(self, key: str) -> tuple[str, ...]:
        """A list of strings; numbers in it are taken as their text."""
        found = []
        for path, node in self.items(key):
            if isinstance(node.value, (dict, list)) or node.value is None:
                self.note(node, "parse.type", f"'{path}' must be text.", path)
            else:
                found.append(node.value if isinstance(node.value, str) else node.text)
        return tuple(found)

    def lines(self, key: str) -> tuple[str, ...]:
        """One line of text or a list of lines."""
        if self.has(key) and isinstance(self.children[key].value, list):
            return self.words(key)
        line = self.text(key)
        return () if line is None or not line.strip() else (line.strip(),)

    def values(self, key: str) -> Mapping[str, Any]:
        """A frozen mapping of anything; empty if there is none."""
        if not self.has(key):
            return MappingProxyType({})
        if not isinstance(self.children[key].value, dict):
            self.wrong(key, "a mapping of keys to values")
            return MappingProxyType({})
        kept: Mapping[str, Any] = frozen(plain(self.children[key]))
        return kept

    def rest(self, *known: str) -> Mapping[str, Any]:
        """The keys that the language does not know, kept as they are."""
        kept: Mapping[str, Any] = frozen({k: plain(n) for k, n in self.children.items() if k not in known})
        return kept
