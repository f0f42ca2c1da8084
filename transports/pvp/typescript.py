"""`python -m transports.pvp.typescript`: say the messages of `messages.py` in TypeScript, for `web/sdk`."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from transports.pvp.codec import CLIENT_TYPES, SERVER_TYPES
from transports.pvp.messages import Artifact, Waterfall

FILE = Path(__file__).parents[2] / "web" / "sdk" / "wire" / "messages.ts"
_HEAD = """\
/** Written by `python -m transports.pvp.typescript`; the originals are in `transports/pvp/messages.py`. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
"""
_PLAIN: dict[Any, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    Any: "Json",
    type(None): "null",
}
# What the codec adds to the fields, and what it takes away.
_ADDED: dict[type[Any], str] = {Artifact: "[key: string]: Json", Waterfall: "speculated?: boolean"}
_INLINE: dict[type[Any], str] = {Artifact: "payload"}


def typescript() -> str:
    """Return the file."""
    parts = [_HEAD]
    for name, by_type in (("ClientWire", CLIENT_TYPES), ("ServerWire", SERVER_TYPES)):
        lines = [f"  | {_shape(kind, wire_type, name == 'ServerWire')}" for wire_type, kind in by_type.items()]
        side = "the client sends" if name == "ClientWire" else "the server sends; those that last are numbered"
        parts.append(f"/** What {side}. */\nexport type {name} =\n" + "\n".join(lines) + ";\n")
    return "\n".join(parts)


def _shape(kind: type[Any], wire_type: str, is_numbered: bool) -> str:
    members = [f'type: "{wire_type}"', *_members(kind)]
    if kind in _ADDED:
        members.append(_ADDED[kind])
    if is_numbered and kind is not Artifact:
        members.append("seq?: number")
    return "{ " + "; ".join(members) + " }"


def _members(kind: type[Any]) -> list[str]:
    hints, members = get_type_hints(kind), []
    for each in fields(kind):
        is_needed = each.default is MISSING and each.default_factory is MISSING
        if _INLINE.get(kind) != each.name:
            members.append(f"{each.name}{'' if is_needed else '?'}: {_type(hints[each.name])}")
    return members


def _type(hint: Any) -> str:
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in inner)
    if origin in (Union, types.UnionType):
        return " | ".join(_type(each) for each in inner)
    if origin is tuple:
        return f"({_type(inner[0])})[]" if " " in _type(inner[0]) else f"{_type(inner[0])}[]"
    if origin is Mapping:
        return "JsonObject"
    assert is_dataclass(hint), f"no word in TypeScript for {hint}"
    return "{ " + "; ".join(_members(hint)) + " }"  # type: ignore[arg-type]  # a class, not one of its objects


def main() -> None:
    """Write the file."""
    FILE.write_text(typescript())


if __name__ == "__main__":
    main()
