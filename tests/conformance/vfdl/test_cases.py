"""Runs every case of `cases/*.yaml`: a document, events, and exactly the actions they must give, in order.

A case names its `layer`: `C` code, `D` docs, `R` RFC, `REC` where these disagree and one meaning serves all, `ours` for
extensions; and its `row` (`rows.py`). A case has `steps`, or `findings`: all that parsing and checking say of it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows.actions import Action
from flows.check import check
from flows.interpreter import endpointing, initial, language, step
from flows.load import load
from flows.model import Flow, thawed
from flows.parse import parse
from flows.priority import arranged
from tests.conformance.vfdl.case_words import brief, event_of, fits
from tests.conformance.vfdl.rows import ELSEWHERE, ROWS

CASES = Path(__file__).parent / "cases"
LAYERS = ("C", "D", "R", "REC", "ours")


def all_cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        for case in YAML(typ="safe", pure=True).load(path.read_text()):
            yield pytest.param(case, id=f"{path.stem}: {case['case']}")


def flow_of(case: dict[str, Any]) -> Flow:
    library: dict[str, Flow] = {}
    library.update({name: load(text, library) for name, text in case.get("library", {}).items()})
    return load(case["document"], library)


@pytest.mark.parametrize("case", [param for param in all_cases() if "steps" in param.values[0]])
def test_the_flow_does_exactly_this(case: dict[str, Any]) -> None:
    flow = flow_of(case)
    state, now_s = initial(flow), 0.0
    for number, entry in enumerate(case["steps"]):
        now_s = entry.get("at", now_s)
        waiting = entry["together"] if "together" in entry else [entry["when"]]
        actions: list[Action] = []
        for event in arranged(event_of(when, state.epoch) for when in waiting):
            state, more = step(flow, state, event, now_s)
            actions += more
        if "then" in entry:
            same = len(actions) == len(entry["then"]) and all(map(fits, entry["then"], actions))
            got = [brief(action) for action in actions]
            assert same, f"step {number} ({waiting}):\n  want {entry['then']}\n  got  {got}\n  full {actions}"
        for name, value in entry.get("variables", {}).items():
            assert thawed(state.variables.get(name)) == value, name
        for name, value in entry.get("state", {}).items():
            assert thawed(getattr(state, name)) == value, name
        if "deadline" in entry:
            assert state.deadline_s == entry["deadline"]
        if "endpointing" in entry:
            assert endpointing(flow, state) == entry["endpointing"]
        if "language" in entry:
            assert language(flow, state) == entry["language"]


@pytest.mark.parametrize("case", [param for param in all_cases() if "findings" in param.values[0]])
def test_the_document_is_judged_so(case: dict[str, Any]) -> None:
    flow, findings = parse(case["document"])
    found = findings if flow is None else (*findings, *check(flow))
    assert [[each.severity, each.code, each.path] for each in found] == case["findings"]
    assert all(each.line >= 1 and each.column >= 1 and each.message.endswith((".", "?")) for each in found)


def test_every_case_has_a_layer_and_a_known_row() -> None:
    for param in all_cases():
        case = param.values[0]
        assert case["layer"] in LAYERS, param.id
        assert case["row"] in ROWS, param.id
        assert ("steps" in case) != ("findings" in case), param.id


def test_every_row_of_the_language_has_a_case() -> None:
    covered = {param.values[0]["row"] for param in all_cases()}
    assert [row for row in ROWS if row not in covered and row not in ELSEWHERE] == []
    assert [row for row in ELSEWHERE if row in covered] == []


def test_there_are_cases_of_every_layer_and_enough_of_them() -> None:
    cases = [param.values[0] for param in all_cases()]
    assert {case["layer"] for case in cases} == set(LAYERS)
    assert len(cases) >= 120
    assert len({param.id for param in all_cases()}) == len(cases)
