"""Text to `Flow`. Never raises: what is wrong comes back as findings with line and column."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from flows.findings import Finding, has_errors
from flows.kinds import kinds_of
from flows.model import Flow, Settings, StateDef, VariableDef, frozen
from flows.parse_scoring import scoring
from flows.parse_states import states
from flows.reader import Section
from flows.tree import Node, TreeError, plain, read

_TOP: Final = ("id", "version", "description", "initial_state", "variables", "settings", "states", "scoring")
_SETTINGS: Final = (
    "base_system_prompt", "max_duration_secs", "on_timeout", "on_error", "llm_required", "allow_back", "farewell",
    "language", "voice", "llm", "stt", "transfer_targets",
)  # fmt: skip
_VARIABLE: Final = ("type", "enum", "required", "default", "persist")


def parse(text: str) -> tuple[Flow | None, tuple[Finding, ...]]:
    """Read a document.

    Args:
        text: YAML 1.2 or JSON, at most 256 KiB.

    Returns:
        The flow, or None if any finding is an error; and all findings.
    """
    try:
        root = read(text)
    except TreeError as error:
        return None, (error.finding,)
    findings: list[Finding] = []
    if not isinstance(root.value, dict):
        return None, (Finding("", root.line, root.column, "error", "parse.type", "A flow is a mapping of keys."),)
    flow = _flow(Section(root, "", findings))
    found = tuple(findings)
    return (None if has_errors(found) else flow), found


def _flow(top: Section) -> Flow:
    if not top.has("states"):
        top.missing("states")
    settings = top.section("settings")
    targets = settings.section("transfer_targets")
    declared = {name: _variable(top.section("variables").section(name), name) for name in _names(top, "variables")}
    found = states(top.section("states"))
    return Flow(
        id=top.required_text("id"),
        initial_state=top.required_text("initial_state"),
        states=found,
        version=_version(top),
        description=top.text("description") or "",
        variables=MappingProxyType(declared),
        settings=Settings(
            base_system_prompt=settings.text("base_system_prompt") or "",
            max_duration_secs=settings.number("max_duration_secs"),
            on_timeout=settings.text("on_timeout"),
            on_error=settings.text("on_error"),
            llm_required=settings.flag("llm_required", False),
            allow_back=settings.flag("allow_back", False),
            farewell=Settings().farewell if not settings.has("farewell") else (settings.text("farewell") or ""),
            language=settings.text("language"),
            voice=settings.text("voice"),
            llm=settings.text("llm"),
            stt=settings.text("stt"),
            transfer_targets=MappingProxyType({name: targets.required_text(name) for name in targets.children}),
            extra=settings.rest(*_SETTINGS),
        ),
        scoring=scoring(top) if top.has("scoring") else None,
        extra=top.rest(*_TOP),
        kinds=MappingProxyType(kinds_of(found, declared)),
        secrets=frozenset(_secrets(found)),
        places=MappingProxyType(dict(_places(top.node))) if top.node else MappingProxyType({}),
    )


def _secrets(states: Mapping[str, StateDef]) -> Iterator[str]:
    for tool in (tool for state in states.values() for tool in state.tools.values()):
        yield from (tool.variable_of(name) for name, param in tool.parameters.items() if param.secret)


def _names(top: Section, key: str) -> tuple[str, ...]:
    return tuple(top.section(key).children)


def _version(top: Section) -> str:
    if top.has("version") and isinstance(top.children["version"].value, (int, float)):
        node = top.children["version"]
        message = f"'version' is a number here; a version is text: write version: \"{node.text}\"."
        top.note(node, "parse.version_unquoted", message, "version")
        return node.text
    return top.text("version", "1.0.0") or "1.0.0"


def _variable(section: Section, name: str) -> VariableDef:
    default = frozen(plain(section.children["default"])) if section.has("default") else None
    return VariableDef(
        name=name,
        type=section.text("type", "string") or "string",
        enum=section.words("enum"),
        required=section.flag("required", False),
        default=default,
        persist=section.flag("persist", True),
        extra=section.rest(*_VARIABLE),
    )


def _places(root: Node) -> Mapping[str, tuple[int, int]]:
    places: dict[str, tuple[int, int]] = {}
    todo: list[tuple[str, Node]] = [("", root)]
    while todo:
        path, node = todo.pop()
        if isinstance(node.value, dict):
            for key, child in node.value.items():
                inner = f"{path}.{key}" if path else key
                places[inner] = node.keys[key]
                todo.append((inner, child))
        elif isinstance(node.value, list):
            for index, child in enumerate(node.value):
                places[f"{path}[{index}]"] = (child.line, child.column)
                todo.append((f"{path}[{index}]", child))
    return places
