"""Whatever happens, the interpreter keeps a legal state and never leaves the caller in silence."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.actions import Ask, Say, ToolReturned
from flows.events import AskFailed, BotFinished, Event, Heard, Started, Tick, ToolCalled, UiEvent, UserStarted
from flows.interpreter import endpointing, initial, step
from flows.load import load
from flows.model import RESERVED
from flows.state import dump, restore

EXAMPLES = {path.stem: load(path.read_text()) for path in Path("examples/flows").glob("*.yaml")}
EVERYTHING = load(
    """
id: everything
initial_state: a
variables:
  n: {type: number, default: 3}
  colour: {type: enum, enum: [red, green]}
settings: {max_duration_secs: 60, on_timeout: z, on_error: z}
states:
  a:
    agent: {prompt: "ask {n}", tools: [pick, ghost]}
    ui: {artifact_type: options, prompt: "{colour}", options: [{id: red, label: Red}]}
    on_enter: [{set: {seen: "yes"}}, {emit: entered}]
    on_exit: [{set: {seen: null}}]
    tools:
      pick:
        parameters: {colour: {enum: [red, green], required: true}, n: {type: number}}
        auto_extract: {n: {patterns: ['(\\\\d+) times']}}
    transitions:
      on_tool_call: {pick: {target: b, guard: {not: {variable: n, operator: gt, value: 9}}}}
      on_utterance:
        - {pattern: 'call me (\\\\w+)', capture_to: nick, target: b, requires_confirmation: true}
        - {pattern: 'bye', target: __end__}
      on_timeout: {seconds: 5, target: a, max_retries: 1, fallback: b}
      on_action: {count: {set: {n: "{n}"}}, skip: b}
      on_no_match: b
  b:
    say: "Your date, {nick}?"
    ui: {artifact_type: form, prompt: "{when}", fields: [{id: when, type: text, label: Day}]}
    tools: {day: {parameters: {when: {recognise: date, required: true}, at: {recognise: time, required: true}}}}
    confirmation_gate: {variables: [when, at], on_confirm: z, on_reject: {action: clear, target: ""}}
    transitions: {on_ui_event: {skip: z, crash: __error__}, on_timeout: {seconds: 3}}
  z: {say: "Bye {n}.", transitions: {}}
"""
)
FLOWS = {**EXAMPLES, "everything": EVERYTHING}

SENTENCES = st.one_of(
    st.sampled_from(
        ("yes", "no", "no, Thursday", "My name is Ada Lovelace", "haircut", "Friday at three", "four", "red", "",
         "555 123 4567", "call me Bob", "bye", "{n}", "just me", "starter", "staff", "half past ten", "7 times green")
    ),
    st.text(max_size=30),
)  # fmt: skip
JSON = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=2)
)
NAMES = st.sampled_from(
    (
        "full_name",
        "service",
        "date",
        "time",
        "when",
        "at",
        "n",
        "colour",
        "selected_id",
        "phone",
        "rating",
        "comment",
        "x",
    )
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Heard, SENTENCES, st.sampled_from((1.0, 0.3)), st.one_of(st.none(), SENTENCES)),
    st.builds(Heard, SENTENCES),
    st.builds(
        ToolCalled,
        st.just("c"),
        st.sampled_from(("pick", "ghost", "day", "confirm_when", "confirm_at", "reject_when", "save_name", "rate")),
        st.dictionaries(NAMES, st.one_of(JSON, SENTENCES), max_size=3),
        st.integers(1, 4),
    ),
    st.builds(
        UiEvent,
        st.sampled_from(("form_submit", "option_select", "confirm", "reject", "skip", "form_validation_error")),
        st.dictionaries(NAMES, st.one_of(JSON, st.sampled_from(("red", "haircut", "Ada"))), max_size=3),
    ),
    st.just(UserStarted()),
    st.just(BotFinished()),
    st.just(Tick()),
    st.builds(AskFailed, st.integers(1, 4), st.just("x")),
    st.just(Started()),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(sorted(FLOWS)),
    has_llm=st.booleans(),
    context=st.dictionaries(NAMES, JSON, max_size=3),
    events=st.lists(st.tuples(EVENTS, st.floats(0, 20)), max_size=25),
)
def test_any_events_keep_a_legal_state_and_no_turn_goes_unanswered(
    name: str, has_llm: bool, context: dict[str, Any], events: list[tuple[Event, float]]
) -> None:
    flow, now_s = FLOWS[name], 0.0
    state, actions = step(flow, initial(flow), Started(context, has_llm, "2026-11-22"), now_s)
    assert any(isinstance(action, (Say, Ask)) for action in actions)
    for event, wait_s in events:
        now_s += wait_s
        was_over, epoch = state.ended, state.epoch
        state, actions = step(flow, state, event, now_s)
        assert state.node in flow.states or state.node in RESERVED
        assert state.epoch >= epoch
        assert endpointing(flow, state) in ("default", "digits", "spelling", "yes_no", "long_answer")
        if was_over:
            assert actions == ()
        elif isinstance(event, Heard):
            assert any(isinstance(action, (Say, Ask)) for action in actions)
        elif isinstance(event, ToolCalled) and any(isinstance(action, ToolReturned) for action in actions):
            answered = any(isinstance(action, ToolReturned) and action.run_again for action in actions)
            assert answered or any(isinstance(action, (Say, Ask)) for action in actions)
        for action in actions:
            assert not isinstance(action, Say) or action.text.strip()
        stored = json.loads(json.dumps(dump(state)))
        assert replace(restore(stored), variables={}) == replace(state, variables={})


@pytest.mark.parametrize("name", sorted(FLOWS))
def test_silence_all_through_ends_the_call(name: str) -> None:
    flow = FLOWS[name]
    state, _ = step(flow, initial(flow), Started(today="2026-11-22"), 0.0)
    for _ in range(40):
        state, _ = step(flow, state, BotFinished(), state.deadline_s or 0.0)
        if state.ended:
            break
        assert state.deadline_s is not None
        state, _ = step(flow, state, Tick(), state.deadline_s)
    assert state.ended


def test_the_same_journal_gives_the_same_call() -> None:
    flow = FLOWS["everything"]
    journal: list[Event] = [Started(today="2026-11-22"), Heard("green 7 times"), BotFinished(), Heard("Friday at 3")]
    runs = []
    for _ in range(2):
        state = initial(flow)
        for event in journal:
            state, actions = step(flow, state, event, 1.0)
            runs.append((state, actions))
    assert runs[: len(journal)] == runs[len(journal) :]
