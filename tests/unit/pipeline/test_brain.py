"""What a step's actions are for."""

from flows.actions import TransitionBlocked
from flows.events import Started, UiEvent
from flows.load import load
from pipeline.brain import Brain

FLOW = """
id: f
initial_state: a
states:
  a:
    say: Hi.
    on_transition_blocked: {notify_client: %s}
    transitions: {on_action: {go: {target: a, guard: {variable: x, operator: not_empty}}}}
"""


def blocked(notify_client: str) -> tuple[int, tuple[str, ...]]:
    brain = Brain(load(FLOW % notify_client))
    brain.step(Started(), 0.0)
    outcome = brain.step(UiEvent("go"), 0.0)
    return sum(isinstance(action, TransitionBlocked) for action in outcome.screen), outcome.emitted


def test_a_refusal_reaches_the_screen() -> None:
    assert blocked("true") == (1, ())


def test_a_refusal_that_the_client_is_not_to_see_is_only_logged() -> None:
    assert blocked("false") == (0, ("transition_blocked",))
