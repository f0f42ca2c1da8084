"""What the model may be warmed for."""

from flows.actions import Ask
from flows.events import Heard, Started
from flows.interpreter import initial, likely_ask, step
from flows.load import load

FLOW = load("id: f\ninitial_state: a\nstates:\n  a: {say: Hello., agent: {prompt: Greet.}}\n")


def test_it_is_the_ask_that_an_unforeseen_turn_leads_to() -> None:
    state, _ = step(FLOW, initial(FLOW), Started(has_llm=True), 0.0)
    likely = likely_ask(FLOW, state)
    _, actions = step(FLOW, state, Heard("Tell me a joke."), 0.0)
    assert [action for action in actions if isinstance(action, Ask)] == [likely]


def test_there_is_none_without_a_model_or_before_the_start() -> None:
    state, _ = step(FLOW, initial(FLOW), Started(has_llm=False), 0.0)
    assert likely_ask(FLOW, state) is None
    assert likely_ask(FLOW, initial(FLOW)) is None
