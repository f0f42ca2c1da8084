"""Documents as people write them: comments, quotes, block texts, brackets, odd indentation, CRLF."""

import random
from typing import Any

WORDS = (
    "hello", "Ada's", "a b", "x: y", "it # is", "{name}", "yes", "7", "", "über", 'say "hi"', "[a]", "- a",
    "tea, please", "ende\\", "*x", "a:", "null", "12:30", "  in", "😀",
)  # fmt: skip
NAMES = ("say", "id", "greet", "on", "1", "long key", "ü", "target", "x", "ui", "note", "list", "more")
COMMENTS = ("# why", "# a: b", "#", "# 'quoted", "# {x}")


class Writer:
    """Writes one random document; `text` is what it looks like."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.newline = self.random.choice(("\n", "\n", "\r\n"))
        lines = self.mapping(0, 0, top=True)
        if self.chance(0.3):
            lines.insert(
                0, self.random.choice(("# A flow of ours", "---", "", "# one\n\n# two".replace("\n", self.newline)))
            )
        self.text = self.newline.join(lines) + ("" if self.chance(0.25) else self.newline)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def noise(self, column: int) -> list[str]:
        kinds: tuple[tuple[float, list[str]], ...] = (
            (0.7, []),
            (0.1, [""]),
            (0.1, [" " * column + self.random.choice(COMMENTS)]),
            (0.05, ["", " " * column + "# above"]),
            (0.05, [" " * self.random.randrange(9) + "# anywhere"]),
        )
        return list(self.random.choices([lines for _, lines in kinds], [share for share, _ in kinds])[0])

    def remark(self) -> str:
        return f"  {self.random.choice(COMMENTS)}" if self.chance(0.2) else ""

    def names(self) -> list[str]:
        return self.random.sample(NAMES, self.random.randint(1, 4))

    def key(self, name: str) -> str:
        return self.random.choice((name, name, f'"{name}"', f"'{name}'"))

    def mapping(self, column: int, depth: int, *, top: bool = False) -> list[str]:
        lines: list[str] = []
        names = ["id", *(name for name in self.names() if name != "id")] if top else self.names()
        for index, name in enumerate(names):
            if index or top:
                lines += self.noise(column)
            lines += self.valued(" " * column + self.key(name) + ":", column, depth, under_key=True)
        return lines

    def sequence(self, column: int, depth: int) -> list[str]:
        lines: list[str] = []
        for index in range(self.random.randint(1, 4)):
            if index:
                lines += self.noise(column)
            if depth < 4 and self.chance(0.3):
                gap = self.random.choice((1, 1, 3))
                inner = (self.mapping if self.chance(0.8) else self.sequence)(column + 1 + gap, depth + 1)
                lines += [" " * column + "-" + inner[0][column + 1 :], *inner[1:]]
            else:
                lines += self.valued(" " * column + "-", column, depth, under_key=False)
        return lines

    def valued(self, head: str, column: int, depth: int, *, under_key: bool) -> list[str]:
        kind = self.random.choices(("scalar", "block", "mapping", "list", "flow", "empty"), (5, 2, 2, 2, 2, 1))[0]
        if depth >= 4 and kind in ("mapping", "list"):
            kind = "scalar"
        if kind == "mapping":
            inner = self.mapping(column + self.random.choice((1, 2, 2, 2, 3, 5)), depth + 1)
            return [head + self.remark(), *self.noise(column + 2), *inner]
        if kind == "list":
            least = 0 if under_key else 1
            inner = self.sequence(column + max(least, self.random.choice((0, 2, 2, 4))), depth + 1)
            return [head + self.remark(), *inner]
        if kind == "block":
            return self.block(head, column)
        if kind == "flow":
            return (head + " " + self.flow(column + 2, 0) + self.remark()).split(self.newline)
        return [head + ("" if kind == "empty" else " " + self.scalar()) + self.remark()]

    def block(self, head: str, column: int) -> list[str]:
        indent = " " * (column + self.random.choice((1, 2, 4)))
        header = self.random.choice(("|", "|-", "|+", ">", ">-", ">+"))
        body = [
            self.random.choice(("Hello there.", "# no comment", "a: b", "- x", "one  two"))
            for _ in range(self.random.randint(1, 3))
        ]
        lines = [indent + line for line in body]
        if len(lines) > 1 and self.chance(0.3):
            lines.insert(1, self.random.choice(("", indent + "   deep")))
        return [f"{head} {header}{self.remark()}", *lines, *([""] if self.chance(0.3) else [])]

    def scalar(self) -> str:
        kind = self.random.choice(("plain", "plain", "single", "double", "number", "folded"))
        word = self.random.choice(WORDS)
        if kind == "single":
            return "'" + word.replace("'", "''") + "'"
        if kind == "double":
            return (
                '"'
                + word.replace("\\", "\\\\").replace('"', '\\"')
                + self.random.choice(("", "\\n", "\\u00e9", "\\t"))
                + '"'
            )
        if kind == "number":
            return self.random.choice(("1", "2.50", "true", "null", "~", "0x1F", "1e3", "-4", "1.0", "no", "False"))
        return self.random.choice(("Hi", "two words", "hello {name}", "a-b", "http://x.y/z", "x#y", "it's", "Über"))

    def flow(self, column: int, depth: int) -> str:
        many, comment = self.chance(0.3), ""
        if many and self.chance(0.3):
            comment = " # here"
        parts = []
        for name in self.names() if self.chance(0.85) else []:
            item = self.flow(column + 2, depth + 1) if depth < 2 and self.chance(0.25) else self.flow_scalar()
            parts.append((self.random.choice((name, f'"{name}"')), item))
        keyed = self.chance(0.6)
        written = [f"{name}: {item}" if keyed else item for name, item in parts]
        opening, closing = "{}" if keyed else "[]"
        if many and written:
            gap = self.newline + " " * (column + 2)
            last = "," if self.chance(0.2) else ""
            return (
                f"{opening}{gap}"
                + f",{comment}{gap}".join(written)
                + f"{last}{comment}{self.newline}{' ' * column}{closing}"
            )
        pad = self.random.choice(("", " "))
        return f"{opening}{pad}{', '.join(written)}{pad}{closing}"

    def flow_scalar(self) -> str:
        return self.random.choice(
            ("a", "two words", '"x, y"', "'it''s'", "1", "true", "null", '"#"', "-3.5", "{}", "[]")
        )


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a JSON document, the document's own first."""
    found = [path]
    if isinstance(value, dict):
        for name, item in value.items():
            found += paths_of(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += paths_of(item, (*path, index))
    return found


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for key in path:
        value = value[key]
    return value
