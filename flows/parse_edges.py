"""Reads transitions, guards, gates and hooks."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flows.model import Condition, Edge, Gate, Group, Guard, Hook, Timeout, Transitions, UtteranceRule, frozen
from flows.reader import Section
from flows.tree import Node, plain

_KEYS: Final = re.compile(r"[0-9*]{1,8}")

OPERATORS: Final = ("eq", "neq", "in", "not_in", "not_empty", "empty", "gt", "lt", "gte", "lte", "matches")


def transitions(section: Section) -> Transitions:
    """Read a `transitions` section."""
    return Transitions(
        on_tool_call=_edges(section.section("on_tool_call")),
        on_ui_event=_edges(section.section("on_ui_event")),
        on_action=_edges(section.section("on_action")),
        on_utterance=tuple(
            _rule(Section(node, path, section.findings)) for path, node in section.items("on_utterance")
        ),
        on_timeout=_timeout(section.section("on_timeout")) if section.has("on_timeout") else None,
        on_no_match=_edge(section, "on_no_match") if section.has("on_no_match") else None,
        on_dtmf=_keys(section.section("on_dtmf")),
    )


def _edges(section: Section) -> Mapping[str, Edge]:
    return MappingProxyType({key: _edge(section, key) for key in section.children if section.has(key)})


def _keys(section: Section) -> Mapping[str, Edge]:
    for key, node in section.children.items():
        if not _KEYS.fullmatch(key):
            section.note(node, "parse.bad_keys", f"'{key}' is no telephone key: use 0-9 and *.", section.at(key))
    return _edges(section)


def _edge(section: Section, key: str) -> Edge:
    node = section.children[key]
    if isinstance(node.value, list):
        return _first_of(section, key)
    if not isinstance(node.value, dict):
        return Edge(section.text(key))
    return _written_out(section.section(key), None)


def _first_of(section: Section, key: str) -> Edge:
    """Edges of which the first whose guard holds is taken."""
    edge: Edge | None = None
    for path, node in reversed(section.items(key)):
        if edge is not None and not isinstance(node.value, dict):
            section.note(node, "parse.type", f"'{path}' must be a mapping: only the last may do without a guard.", path)
        if isinstance(node.value, str):
            edge = Edge(node.value, otherwise=edge)
        else:
            edge = _written_out(Section(node, path, section.findings), edge)
    return edge or Edge(None)


def _written_out(entry: Section, otherwise: Edge | None) -> Edge:
    return Edge(entry.text("target"), guard(entry), entry.values("set"), otherwise)


def _rule(entry: Section) -> UtteranceRule:
    return UtteranceRule(
        pattern=entry.required_text("pattern"),
        target=entry.text("target"),
        capture_to=entry.text("capture_to"),
        guard=guard(entry),
        requires_confirmation=entry.flag("requires_confirmation", False),
        set=entry.values("set"),
    )


def _timeout(entry: Section) -> Timeout | None:
    seconds, retries = entry.number("seconds"), entry.number("max_retries")
    if seconds is None:
        entry.missing("seconds")
        return None
    if not 0 < seconds <= 86_400:
        entry.wrong("seconds", "more than 0 and at most 86400")
        return None
    return Timeout(
        seconds,
        entry.text("target"),
        None if retries is None else max(int(retries), 0),
        entry.text("fallback"),
        guard(entry),
        entry.values("set"),
    )


def guard(entry: Section) -> Guard | None:
    """Read the `guard` of an entry."""
    return _guard(entry.section("guard")) if entry.has("guard") else None


def _guard(section: Section) -> Guard | None:
    for kind in ("all", "any", "not"):
        if section.has(kind):
            return Group(kind, _members(section, kind))
    if not section.has("variable"):
        if section.children:
            section.missing("variable")
        return None
    operator = section.text("operator", "eq") or "eq"
    if operator not in OPERATORS:
        section.wrong("operator", "one of " + ", ".join(OPERATORS))
        return None
    value = frozen(plain(section.children["value"])) if section.has("value") else None
    return Condition(section.required_text("variable"), operator, value)


def _members(section: Section, kind: str) -> tuple[Guard, ...]:
    node: Node = section.children[kind]
    if isinstance(node.value, dict):
        members = [_guard(section.section(kind))]
    else:
        members = [_guard(Section(item, path, section.findings)) for path, item in section.items(kind)]
    return tuple(member for member in members if member is not None)


def gate(section: Section) -> Gate:
    """Read a `confirmation_gate` section."""
    if not section.has("variables"):
        section.missing("variables")
    reject = section.section("on_reject")
    return Gate(
        variables=section.words("variables"),
        on_confirm=section.required_text("on_confirm"),
        on_reject=reject.text("target") or None,
        clears=reject.text("action", "clear") != "keep",
        prompt=section.text("prompt"),
        confirm_phrases=section.words("confirm_phrases"),
        reject_phrases=section.words("reject_phrases"),
    )


def hooks(section: Section, key: str) -> tuple[Hook, ...]:
    """Read `on_enter` or `on_exit`."""
    entries = [Section(node, path, section.findings) for path, node in section.items(key)]
    return tuple(Hook(entry.values("set"), entry.text("emit")) for entry in entries)
