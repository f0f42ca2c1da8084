"""Checks of regular expressions: that they compile, and that each can be reached."""

import re
from functools import lru_cache
from typing import Final

from flows.model import StateDef, UtteranceRule
from flows.notes import Notes
from flows.patterns import PatternError, compiled, search

_META: Final = re.compile(r"[\\^$.*+?()\[\]{}]")
_ANCHOR: Final = re.compile(r"\\[bBAz]|[\^$]")
_MAX_COMPARED: Final = 40


def check_patterns(notes: Notes, node: StateDef) -> None:
    """Check the patterns of a state."""
    base = f"states.{node.name}"
    rules = node.transitions.on_utterance
    for index, rule in enumerate(rules):
        path = f"{base}.transitions.on_utterance[{index}].pattern"
        if _compiles(notes, path, rule.pattern) and index < _MAX_COMPARED:
            _reachable(notes, path, rule, rules[:index])
    for tool in node.tools.values():
        for name, patterns in tool.auto_extract.items():
            for index, pattern in enumerate(patterns):
                _compiles(notes, f"{base}.tools.{tool.name}.auto_extract.{name}.patterns[{index}]", pattern)
        for name, param in tool.parameters.items():
            form = param.schema.get("pattern")
            if isinstance(form, str):
                _compiles(notes, f"{base}.tools.{tool.name}.parameters.{name}.pattern", form)


def _compiles(notes: Notes, path: str, pattern: str) -> bool:
    try:
        compiled(pattern)
    except PatternError as error:
        notes.error(path, "check.bad_pattern", f"The pattern does not compile: {error}.")
        return False
    return True


def _reachable(notes: Notes, path: str, rule: UtteranceRule, before: tuple[UtteranceRule, ...]) -> None:
    for number, earlier in enumerate(before, 1):
        if earlier.guard is None and covers(earlier.pattern, rule.pattern):
            message = f"Pattern {number} of this state matches all that this one could, so it is never tried."
            notes.warn(path, "check.shadowed_pattern", message)
            return


@lru_cache(maxsize=4096)
def covers(earlier: str, later: str) -> bool:
    """Whether it is certain that `earlier` is found wherever `later` is."""
    if earlier == later:
        return True
    if _ANCHOR.search(earlier):
        return False
    if search(earlier, "") is not None:
        return True
    phrases = _phrases(later)
    return bool(phrases) and all(search(earlier, phrase) is not None for phrase in phrases)


def _phrases(pattern: str) -> tuple[str, ...]:
    """The plain texts that a pattern stands for; empty if it is more than a choice of texts."""
    inner = re.sub(r"^(\\b|\^)?\(?(?:\?:)?|\)?(\\b|\$)?$", "", pattern)
    return () if _META.search(inner) else tuple(inner.split("|"))
