"""The example flows, talked through as callers do, without a model."""

from pathlib import Path
from typing import Any

import pytest

from flows.actions import FlowEnded, Say
from flows.check import check
from flows.events import BotFinished, Heard, Started, UiEvent
from flows.interpreter import initial, step
from flows.load import load

CALLS: list[tuple[str, list[str], dict[str, Any]]] = [
    (
        "appointment-booking",
        ["Hi, my name is Ada Lovelace.", "Yes.", "A haircut, please.", "Next Friday.", "3.30 p.m.", "Yes, please."],
        {"full_name": "Ada Lovelace", "service": "haircut", "date": "2026-11-27", "time": "15:30"},
    ),
    (
        "appointment-booking",
        ["John", "No, it's Joan Smith.", "bear trim", "tomorrow at half past nine", "no", "colouring",
         "Monday at 4 pm", "correct"],
        {"full_name": "Joan Smith", "service": "colouring", "date": "2026-11-23", "time": "16:00"},
    ),
    (
        "onboarding",
        ["It's Grace Hopper.", "That's right.", "five five five, one two three, four five six seven", "yeah",
         "just me", "the free one"],
        {"full_name": "Grace Hopper", "phone": "5551234567", "company_size": "just me", "plan": "starter"},
    ),
    (
        "onboarding",
        ["Grace Hopper", "yes", "555-123-4568", "No, 555-123-4567", "We're a small company", "Business."],
        {"phone": "5551234567", "company_size": "small team", "plan": "business"},
    ),
    (
        "survey",
        ["Seven!", "I'd give it a five", "The staff were great", "Yeah, definitely", "Nothing, thanks"],
        {"rating": 5, "best_part": "staff", "come_back": True, "comment": "Nothing, thanks"},
    ),
    ("survey", ["for", "foot", "not really", "no"],
        {"rating": 4, "best_part": "food", "come_back": False, "comment": None}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "said", "meant"), CALLS)
def test_a_caller_gets_through(name: str, said: list[str], meant: dict[str, Any]) -> None:
    flow = load(Path(f"examples/flows/{name}.yaml").read_text())
    state, _ = step(flow, initial(flow), Started(today="2026-11-22"), 0.0)
    for text in said:
        assert not state.ended
        state, _ = step(flow, state, BotFinished(), 0.0)
        state, actions = step(flow, state, Heard(text), 0.0)
        assert any(isinstance(action, Say) for action in actions)
    state, actions = step(flow, state, BotFinished(), 0.0)
    assert state.ended
    assert [action.reason for action in actions if isinstance(action, FlowEnded)] == ["completed"]
    assert {key: state.variables.get(key) for key in meant} == meant


def test_onboarding_works_by_hand() -> None:
    flow = load(Path("examples/flows/onboarding.yaml").read_text())
    state, _ = step(flow, initial(flow), Started(), 0.0)
    form = {"full_name": "Grace Hopper", "phone": "555 1234", "company_size": "small team"}
    for event in (UiEvent("form_submit", form), UiEvent("option_select", {"selected_id": "business"}), BotFinished()):
        state, _ = step(flow, state, event, 0.0)
    assert state.ended
    assert state.variables["plan"] == "business"


@pytest.mark.parametrize("path", sorted(Path("examples/flows").glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_has_no_findings(path: Path) -> None:
    assert check(load(path.read_text())) == ()
