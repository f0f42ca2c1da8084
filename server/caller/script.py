"""Caller scripts: what a simulated caller answers, and what must come of the call (YAML)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from kit.errors import InputError


@dataclass(frozen=True, slots=True)
class UiAction:
    """Something done on the screen in place of an answer."""

    action: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller does, and when.

    Attributes:
        state: The state the flow must be in; None: any.
        hears: Searched in what the bot said since the caller's last answer, without regard to case; None: anything.
        say: Wordings of which one is said, by the number of the run; audio files if they end in `.wav`.
        ui: Done instead of speaking.
        wait: Neither speak nor act: the bot will go on by itself.
        times: How often this answer can be given.
        barge_in_after_ms: Speak while the bot does, so long after it began; None: let it finish.
    """

    state: str | None = None
    hears: re.Pattern[str] | None = None
    say: tuple[str, ...] = ()
    ui: UiAction | None = None
    wait: bool = False
    times: int = 1
    barge_in_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must hold after the call; see `unmet`."""

    completed: bool = True
    variables: Mapping[str, Any] = field(default_factory=dict)
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A whole caller."""

    answers: tuple[Answer, ...]
    flow: str | None = None
    voice: str | None = None
    expect: Expectation = Expectation()

    def lines(self) -> list[str]:
        """Return everything this caller could say, once each."""
        return list(dict.fromkeys(line for answer in self.answers for line in answer.say))


def in_order(lines: tuple[str, ...]) -> Script:
    """Make the script of a caller that says `lines` one after the other, whatever the bot says."""
    return Script(tuple(Answer(say=(line,)) for line in lines))


def read_script(path: Path) -> Script:
    """Read and check a script file.

    Raises:
        InputError: It cannot be read, or says something this caller does not know; the message names the place.
    """
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise InputError(f"{path}: cannot be read: {error}", code="caller.bad_script") from error
    try:
        return _script(document)
    except _Wrong as error:
        raise InputError(f"{path}: {error}", code="caller.bad_script") from error


def unmet(expect: Expectation, *, completed: bool, variables: Mapping[str, Any], states: tuple[str, ...]) -> list[str]:
    """Return what does not hold, in words; an empty list is a good call."""
    found = []
    if completed != expect.completed:
        found.append(f"completed: expected {expect.completed}, got {completed}")
    for name, wanted in expect.variables.items():
        if not _same(wanted, variables.get(name)):
            found.append(f"{name}: expected {wanted!r}, got {variables.get(name)!r}")
    rest = iter(states)
    if not all(state in rest for state in expect.states):
        found.append(f"states: expected {' → '.join(expect.states)} in this order, got {' → '.join(states)}")
    return found


def _same(wanted: object, value: object) -> bool:
    if isinstance(wanted, str) and len(wanted) > 1 and wanted.startswith("/") and wanted.endswith("/"):
        return value is not None and re.search(wanted[1:-1], str(value), re.IGNORECASE) is not None
    if wanted is None or value is None:
        return wanted is value
    if isinstance(wanted, (int, float)) and isinstance(value, (int, float)):
        return wanted == value
    return str(wanted).strip().casefold() == str(value).strip().casefold()


class _Wrong(Exception):
    """A place in the script and what is wrong there."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"{place or 'the script'}: {what}")


def _script(document: object) -> Script:
    body = _mapping(document, "", {"flow", "voice", "answers", "expect"})
    answers = body.get("answers")
    if not isinstance(answers, list) or not answers:
        raise _Wrong("answers", "must be a list of at least one answer")
    return Script(
        answers=tuple(_answer(item, f"answers[{index}]") for index, item in enumerate(answers)),
        flow=_text(body, "flow", ""),
        voice=_text(body, "voice", ""),
        expect=_expectation(body.get("expect") or {}),
    )


def _answer(item: object, place: str) -> Answer:
    body = _mapping(item, place, {"when", "say", "ui", "wait", "times", "barge_in_after_ms"})
    if sum(key in body for key in ("say", "ui", "wait")) != 1:
        raise _Wrong(place, "must have exactly one of say, ui and wait")
    if body.get("wait", True) is not True:
        raise _Wrong(f"{place}.wait", "can only be true")
    when = _mapping(body.get("when") or {}, f"{place}.when", {"state", "hears"})
    return Answer(
        state=_text(when, "state", f"{place}.when"),
        hears=_pattern(_text(when, "hears", f"{place}.when"), f"{place}.when.hears"),
        say=_wordings(body.get("say"), f"{place}.say"),
        ui=_ui(body["ui"], f"{place}.ui") if "ui" in body else None,
        wait="wait" in body,
        times=_count(body.get("times", 1), f"{place}.times", least=1),
        barge_in_after_ms=_count(body["barge_in_after_ms"], f"{place}.barge_in_after_ms", least=0)
        if "barge_in_after_ms" in body
        else None,
    )


def _expectation(item: object) -> Expectation:
    body = _mapping(item, "expect", {"completed", "variables", "states"})
    completed, states = body.get("completed", True), body.get("states") or []
    if not isinstance(completed, bool):
        raise _Wrong("expect.completed", "must be true or false")
    if not isinstance(states, list):
        raise _Wrong("expect.states", "must be a list of states")
    variables = body.get("variables") or {}
    if not isinstance(variables, dict):
        raise _Wrong("expect.variables", "must be a mapping of names to values")
    return Expectation(completed, variables, tuple(str(state) for state in states))


def _mapping(item: object, place: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise _Wrong(place, "must be a mapping")
    unknown = sorted(str(key) for key in item if key not in known)
    if unknown:
        raise _Wrong(place, f"has unknown keys {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    return item


def _text(body: Mapping[str, Any], key: str, place: str) -> str | None:
    value = body.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise _Wrong(f"{place}.{key}".lstrip("."), "must be a text; quote it if it looks like something else")
    return value


def _pattern(text: str | None, place: str) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise _Wrong(place, f"is no regular expression: {error}") from error


def _wordings(value: object, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    wordings = value if isinstance(value, list) else [value]
    if not wordings or not all(isinstance(item, str) and item.strip() for item in wordings):
        raise _Wrong(place, "must be a text or a list of texts; quote what looks like a number")
    return tuple(wordings)


def _ui(item: object, place: str) -> UiAction:
    body = _mapping(item, place, {"action", "data"})
    action, data = _text(body, "action", place), body.get("data") or {}
    if action is None or not isinstance(data, dict):
        raise _Wrong(place, "needs an action, and data must be a mapping")
    return UiAction(action, data)


def _count(value: object, place: str, *, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _Wrong(place, f"must be a whole number of at least {least}")
    return value
