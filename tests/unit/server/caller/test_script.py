"""Caller scripts: what they may say, and what is said when they are wrong."""

from pathlib import Path
from typing import Any

import pytest

from kit.errors import InputError
from server.caller.script import Expectation, in_order, read_script, unmet

_GOOD = """
flow: appointment-booking
voice: en-us+m3
answers:
  - when: {state: ask_name, hears: "name"}
    say: ["My name is John Smith.", "John Smith."]
    times: 2
  - when: {state: details}
    ui: {action: form_submit, data: {email: a@b.example}}
  - when: {hears: "one moment"}
    wait: true
  - say: "Sorry"
    barge_in_after_ms: 800
expect:
  completed: true
  variables: {full_name: John Smith, people: 4}
  states: [ask_name, done]
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "caller.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_script_is_read(tmp_path: Path) -> None:
    script = read_script(_write(tmp_path, _GOOD))
    assert (script.flow, script.voice) == ("appointment-booking", "en-us+m3")
    name, details, moment, sorry = script.answers
    assert (name.state, name.times, name.say[1]) == ("ask_name", 2, "John Smith.")
    assert name.hears is not None
    assert name.hears.search("What is your NAME?")
    assert details.ui is not None
    assert details.ui.data == {"email": "a@b.example"}
    assert moment.wait
    assert sorry.barge_in_after_ms == 800
    assert script.lines() == ["My name is John Smith.", "John Smith.", "Sorry"]
    assert script.expect.states == ("ask_name", "done")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "the script: must be a mapping"),
        ("answers: []", "answers: must be a list of at least one answer"),
        ("answers: [{say: Hi, when: {stat: x}}]", r"answers\[0\].when: has unknown keys stat; known are hears, state"),
        ("answers: [{say: Hi}, {when: {state: x}}]", r"answers\[1\]: must have exactly one of say, ui and wait"),
        ("answers: [{say: Hi, ui: {action: a}}]", r"answers\[0\]: must have exactly one"),
        ("answers: [{say: 12}]", r"answers\[0\].say: must be a text or a list of texts; quote"),
        ("answers: [{say: []}]", r"answers\[0\].say: must be a text"),
        ("answers: [{say: Hi, times: 0}]", r"answers\[0\].times: must be a whole number of at least 1"),
        ("answers: [{say: Hi, times: true}]", r"answers\[0\].times: must be a whole number"),
        ("answers: [{say: Hi, barge_in_after_ms: soon}]", r"barge_in_after_ms: must be a whole number of at least 0"),
        ("answers: [{say: Hi, when: {hears: '('}}]", r"answers\[0\].when.hears: is no regular expression"),
        ("answers: [{say: Hi, when: {state: 3}}]", r"answers\[0\].when.state: must be a text"),
        ("answers: [{ui: {data: {}}}]", r"answers\[0\].ui: needs an action"),
        ("answers: [{wait: false}]", r"answers\[0\].wait: can only be true"),
        ("answers: [{say: Hi}]\nexpect: {completed: 1}", "expect.completed: must be true or false"),
        ("answers: [{say: Hi}]\nexpect: {states: a}", "expect.states: must be a list"),
        ("answers: [{say: Hi}]\nexpect: {variables: [a]}", "expect.variables: must be a mapping"),
        ("answers: [{say: Hi}]\nflow: [a]", "flow: must be a text"),
        ("answers: [", "cannot be read"),
        ("a: &a [*a]", "has unknown keys a"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_script(_write(tmp_path, text))


def _unmet(wanted: dict[str, Any], got: dict[str, Any]) -> list[str]:
    return unmet(Expectation(variables=wanted), completed=True, variables=got, states=())


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        ("john smith", "John Smith "),
        ("/^j(oh|o)n/", "John Smith"),
        (4, 4.0),
        ("4", 4),
        (True, True),
        (None, None),
        ("true", True),
    ],
)
def test_values_that_mean_the_same_are_accepted(wanted: Any, value: Any) -> None:
    assert _unmet({"x": wanted}, {"x": value}) == []


@pytest.mark.parametrize(
    ("wanted", "value"), [("John", "Jon"), (4, 5), ("/^jon$/", "John"), ("/./", None), ("x", None), (None, "x")]
)
def test_values_that_differ_are_told(wanted: Any, value: Any) -> None:
    assert _unmet({"x": wanted}, {"x": value}) == [f"x: expected {wanted!r}, got {value!r}"]


def test_states_must_be_passed_in_order_but_others_may_lie_between() -> None:
    expect = Expectation(states=("a", "c"))
    assert unmet(expect, completed=True, variables={}, states=("a", "b", "c")) == []
    assert unmet(expect, completed=True, variables={}, states=("c", "a")) == [
        "states: expected a → c in this order, got c → a"
    ]


def test_a_call_that_was_not_completed_is_told() -> None:
    assert unmet(Expectation(), completed=False, variables={}, states=()) == ["completed: expected True, got False"]


def test_lines_in_order_make_a_script() -> None:
    assert [answer.say for answer in in_order(("a", "b")).answers] == [("a",), ("b",)]
