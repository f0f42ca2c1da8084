"""Placeholders. Only `{name}` of a variable that has a value is replaced; every other brace stays as it is."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from flows.spoken import shown

_PLACEHOLDER: Final = re.compile(r"\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")

SCREEN_TEXTS: Final = ("prompt", "title", "label", "content", "params", "props", "description", "placeholder", "text")

Writer = Callable[[str, Any], str]


def _plain(_name: str, value: Any) -> str:
    return shown(value)


def fill(text: str, variables: Mapping[str, Any], write: Writer = _plain) -> str:
    """Replace placeholders in `text`; `{{name}}` becomes `{name}`.

    Args:
        text: Any text; braces that are no placeholder stay.
        variables: The values; None counts as unset.
        write: Turns a variable's name and value into text.
    """

    def replace(match: re.Match[str]) -> str:
        if match[1] is not None:
            return "{" + match[1] + "}"
        value = variables.get(match[2])
        return match[0] if value is None else write(match[2], value)

    return _PLACEHOLDER.sub(replace, text)


def names_in(text: str) -> set[str]:
    """The placeholders in `text`."""
    if "{" not in text:
        return set()
    return {match[2] for match in _PLACEHOLDER.finditer(text) if match[2] is not None}


def fill_screen(ui: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """A state's `ui` ready to be sent: the texts people read are filled, ids and the like are not."""
    return {key: _fill_leaves(item, variables, key in SCREEN_TEXTS) for key, item in ui.items()}


def names_on_screen(ui: Mapping[str, Any]) -> set[str]:
    """The placeholders in a state's `ui`."""
    found: set[str] = set()
    _collect(ui, False, found)
    return found


def _fill_leaves(value: Any, variables: Mapping[str, Any], readable: bool) -> Any:
    if isinstance(value, str):
        return fill(value, variables) if readable else value
    if isinstance(value, Mapping):
        return {key: _fill_leaves(item, variables, readable or key in SCREEN_TEXTS) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_fill_leaves(item, variables, readable) for item in value]
    return value


def _collect(value: Any, readable: bool, found: set[str]) -> None:
    if isinstance(value, str):
        if readable:
            found |= names_in(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _collect(item, readable or key in SCREEN_TEXTS, found)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _collect(item, readable, found)
