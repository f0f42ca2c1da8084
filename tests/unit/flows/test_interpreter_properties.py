"""Whatever happens, the interpreter keeps a legal state and never leaves the caller in silence."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.actions import Ask, Say, ToolReturned
from flows.calling import MAX_DEPTH
from flows.events import AskFailed, BotFinished, Dtmf, Event, Heard, Started, Tick, ToolCalled, UiEvent, UserStarted
from flows.interpreter import endpointing, initial, step
from flows.load import load
from flows.model import RESERVED, Flow
from flows.parse_states import ENDPOINTING
from flows.state import State, dump, restore, running

EXAMPLES = {path.stem: load(path.read_text()) for path in Path("examples/flows").glob("*.yaml")}
OTHER = """
id: other
initial_state: i
variables: {n: {type: number}, o: {type: object, required: true}}
states:
  i:
    say: "Inside with {n}?"
    tools: {more: {parameters: {ok: {type: boolean, required: true}, n: {type: integer, maximum: 9}}}}
    transitions:
      on_tool_call: {more: [{target: j, guard: {variable: ok, operator: eq, value: true}}, {target: __end__}]}
      on_utterance: [{pattern: deeper, target: k}, {pattern: broken, target: __error__}]
      on_timeout: {seconds: 4, fallback: j}
  j: {say: "Back with {n}.", transitions: {}}
  k: {call: {flow: other, then: j}}
"""
LIBRARY: dict[str, Flow] = {}
LIBRARY["other"] = load(OTHER, LIBRARY)
EVERYTHING = load(
    """
id: everything
initial_state: a
variables:
  n: {type: number, default: 3, persist: false}
  colour: {type: enum, enum: [red, green]}
settings: {max_duration_secs: 60, on_timeout: z, on_error: z, allow_back: true}
states:
  a:
    agent: {prompt: "ask {n} {", tools: [pick, ghost]}
    language: de
    on_transition_blocked: {notify_llm: false, notify_client: false}
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
      on_no_match: [{target: c, guard: {variable: n, operator: lt, value: 2}}, b]
      on_dtmf: {"1": b, "12": c, "5": {set: {n: 5}}, "*": {target: a, guard: {variable: n, operator: empty}}}
  c:
    say: To the other one.
    call: {flow: other, in: {n: "{n}", who: "{nick}"}, out: {n: n}, then: d, on_error: b}
  d:
    say: "{{n}} is {n}? {}"
    tools: {code: {parameters: {pin: {recognise: digits, minLength: 3, maxLength: 6, required: true}}}}
    transitions:
      on_tool_call: {code: [{target: c, guard: {variable: pin, operator: eq, value: "555"}}, {target: a}]}
      on_timeout: {seconds: 2, target: a, max_retries: 1}
  b:
    say: "Your date, {nick}?"
    ui: {artifact_type: form, prompt: "{when}", fields: [{id: when, type: text, label: Day}]}
    tools: {day: {parameters: {when: {recognise: date, required: true}, at: {recognise: time, required: true}}}}
    confirmation_gate: {variables: [when, at], on_confirm: z, on_reject: {action: clear, target: ""}}
    transitions: {on_ui_event: {skip: z, crash: __error__}, on_timeout: {seconds: 3}}
  z: {say: "Bye {n}.", transitions: {}}
""",
    LIBRARY,
)
FLOWS = {**EXAMPLES, "everything": EVERYTHING}

SENTENCES = st.one_of(
    st.sampled_from(
        ("yes", "no", "no, Thursday", "My name is Ada Lovelace", "haircut", "Friday at three", "four", "red", "",
         "555 123 4567", "call me Bob", "bye", "{n}", "just me", "starter", "staff", "half past ten", "7 times green",
         "go back", "deeper", "broken", "five five five")
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
        "pin",
        "ok",
        "o",
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
        st.sampled_from(("form_submit", "option_select", "confirm", "reject", "skip", "back", "form_validation_error")),
        st.dictionaries(NAMES, st.one_of(JSON, st.sampled_from(("red", "haircut", "Ada"))), max_size=3),
    ),
    st.builds(Dtmf, st.text("0123456789*#x", max_size=6)),
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
        assert state.node in running(flow, state).states or state.node in RESERVED
        assert len(state.frames) <= MAX_DEPTH
        assert (state.flow is None) == (not state.frames)
        assert state.epoch >= epoch
        assert endpointing(flow, state) in ENDPOINTING
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


JOURNALS = st.lists(st.tuples(EVENTS, st.floats(0, 20)), max_size=15)


def play(flow: Flow, journal: list[tuple[Event, float]], broken_at: int | None = None) -> list[tuple[State, object]]:
    """Run a journal; at one place, if asked for, the state is stored as JSON and taken up again."""
    state, now_s = initial(flow), 0.0
    happened: list[tuple[State, object]] = []
    for number, (event, wait_s) in enumerate([(Started(has_llm=True, today="2026-11-22"), 0.0), *journal]):
        if number == broken_at:
            state = restore(json.loads(json.dumps(dump(state))))
        now_s += wait_s
        state, actions = step(flow, state, event, now_s)
        happened.append((state, actions))
    return happened


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(sorted(FLOWS)), journal=JOURNALS)
def test_the_same_journal_gives_the_same_call(name: str, journal: list[tuple[Event, float]]) -> None:
    assert repr(play(FLOWS[name], journal)) == repr(play(FLOWS[name], journal))


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(FLOWS)), journal=JOURNALS, broken_at=st.integers(0, 15))
def test_a_call_taken_up_again_goes_on_as_if_nothing_had_been(
    name: str, journal: list[tuple[Event, float]], broken_at: int
) -> None:
    whole, resumed = play(FLOWS[name], journal), play(FLOWS[name], journal, broken_at)
    assert [repr(actions) for _, actions in whole] == [repr(actions) for _, actions in resumed]


BRACES = st.text(st.sampled_from("{}abn_ .[]!:%\\0"), max_size=25)


@settings(deadline=None)
@given(text=BRACES, value=st.one_of(JSON, BRACES), name=st.sampled_from(("a", "n", "b")))
def test_no_placeholder_text_ever_raises(text: str, value: Any, name: str) -> None:
    flow = replace(
        EVERYTHING,
        states={
            "a": replace(
                EVERYTHING.states["a"],
                say=(text,),
                prompt=text,
                ui={"artifact_type": "card", "prompt": text, "x": text},
            )
        },
    )
    state, actions = step(flow, initial(flow), Started({name: value}, True), 0.0)
    step(flow, state, Heard("7 times red"), 0.0)
    assert any(isinstance(action, (Say, Ask)) for action in actions)
