"""Scenarios: what they read, how they run, and that they notice everything that is otherwise."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.load import load
from flows.scenario import Mismatch, Scenario, parse_scenarios, run

FLOW = load(
    """
id: f
initial_state: ask
variables: {colour: {type: enum, enum: [red, green]}, sure: {type: boolean}, seats: {type: number}}
states:
  ask:
    say: "Which colour?"
    on_enter: [{emit: began}]
    ui: {artifact_type: form, prompt: x, fields: [{id: seats, type: number, label: Seats}]}
    tools: {pick: {parameters: {colour: {enum: [red, green], required: true}}}}
    transitions:
      on_tool_call: {pick: {target: done, guard: {variable: colour, operator: neq, value: red}}}
      on_action: {skip: done, sure: {set: {sure: true}}}
      on_timeout: {seconds: 5, fallback: done, max_retries: 1}
  done: {say: "Thanks for {colour}."}
"""
)


def scenario(steps: str, head: str = "") -> Scenario:
    read, findings = parse_scenarios(f"flow: f\n{head}steps:\n{steps}")
    assert read, findings
    return read[0]


def wrong(steps: str, head: str = "") -> list[tuple[Any, ...]]:
    return [(each.step, each.what, each.expected, each.got) for each in run(FLOW, scenario(steps, head))]


def test_a_conversation_as_expected_has_no_mismatch() -> None:
    steps = """
  - expect: {state: ask, says: "Which colour", actions: [emit began, enter ask, show form], ended: false}
  - heard: green
    expect:
      state: done
      variables: {colour: green, sure: null}
      says: ["Thanks for (green|red)"]
      actions: ['set colour "green"', enter done, end completed]
      ended: completed
"""
    assert wrong(steps) == []


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        ("{state: ask}", ("state", "ask", "done")),
        ("{variables: {colour: red}}", ("variables.colour", "red", "green")),
        ("{variables: {sure: 1}}", ("variables.sure", 1, True)),
        ("{says: goodbye}", ("says", "goodbye", ["Thanks for green."])),
        ("{says: []}", ("says", [], ["Thanks for green."])),
        ("{says: [Thanks, you]}", ("says", ["Thanks", "you"], ["Thanks for green."])),
        ("{ended: false}", ("ended", False, True)),
        ("{ended: timeout}", ("ended", "timeout", "completed")),
    ],
)
def test_everything_that_is_otherwise_is_told(expect: str, found: tuple[Any, ...]) -> None:
    assert wrong(f"  - ui: {{action: sure}}\n  - heard: green\n    expect: {expect}\n") == [(2, *found)]


def test_actions_have_to_come_in_the_order_that_is_written() -> None:
    ((step, what, expected, got),) = wrong("  - heard: green\n    expect: {actions: [enter done, set colour]}\n")
    assert (step, what, expected) == (1, "actions", ["enter done", "set colour"])
    assert got == ['set colour "green"', "enter done", "say Thanks for green.", "end completed"]


def test_a_word_of_an_action_is_not_cut() -> None:
    assert wrong("  - heard: green\n    expect: {actions: [enter don]}\n") != []


def test_silence_passes_in_no_time_and_meets_every_deadline() -> None:
    assert wrong("  - {wait_s: 4, expect: {state: ask, says: []}}\n  - {wait_s: 1, expect: {says: colour}}\n") == []
    assert wrong("  - {wait_s: 60, expect: {state: done, ended: timeout}}\n") == []


def test_the_screen_the_keys_and_the_model_have_steps_of_their_own() -> None:
    assert wrong("  - {ui: {action: form_submit, data: {seats: 3}}, expect: {variables: {seats: 3}}}\n") == []
    head = "llm: true\ntoday: '2026-01-01'\ncontext: {seats: 2}\n"
    steps = """
  - {expect: {variables: {seats: 2}}}
  - {tool: {name: pick, arguments: {colour: red}}, expect: {state: ask, actions: [blocked guard_failed done, return]}}
  - {tool: {name: pick, arguments: {colour: green}}, expect: {state: done}}
"""
    assert wrong(steps, head) == []
    assert wrong("  - {dtmf: 12, expect: {state: ask}}\n") == []
    assert (
        wrong("  - {heard: hm, expect: {actions: [ask pick]}}\n  - {ask_failed: true, expect: {says: ' '}}\n", head)
        == []
    )


def test_a_doubtful_hearing_can_be_played() -> None:
    steps = "  - {heard: {text: green, confidence: 0.2, alternative: red}, expect: {says: 'I heard green'}}\n"
    assert wrong(steps) == []


def test_a_mismatch_names_the_line_and_the_event() -> None:
    (found,) = run(FLOW, scenario("  - heard: hm\n    expect: {state: done}\n"))
    assert found == Mismatch(3, 1, "heard 'hm'", "state", "done", "ask")
    (found,) = run(FLOW, scenario("  - {ui: {action: nod}, expect: {state: done}}\n  - expect: {state: ask}\n"))
    assert found.event == "ui nod {}"


def test_a_bare_list_is_a_script_of_events() -> None:
    read, findings = parse_scenarios("- heard: hello\n- wait_s: 2\n")
    assert findings == ()
    assert [(step.kind, step.value) for step in read[0].steps] == [("heard", "hello"), ("wait_s", 2)]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("flow: f\nsteps:\n  - {herd: x}\n", "scenario.unknown_key", 3),
        ("flow: f\nstep: []\n", "scenario.unknown_key", 2),
        ("flow: f\nsteps:\n  - {heard: x, dtmf: '1'}\n", "scenario.many_events", 3),
        ("flow: f\nsteps:\n  - {heard: x, expect: {say: x}}\n", "scenario.unknown_key", 3),
        ("flow: f\nsteps:\n  - {heard: x, expect: {says: '(a'}}\n", "scenario.bad_pattern", 3),
        ("flow: f\nsteps:\n  - {heard: x, expect: {ended: [1]}}\n", "parse.type", 3),
        ("flow: f\nsteps:\n  - {wait_s: soon}\n", "parse.type", 3),
        ("flow: f\nsteps:\n  - {ui: {data: {}}}\n", "parse.required", 3),
        ("flow: [\n", "parse.syntax", 2),
    ],
)
def test_a_slip_in_a_scenario_is_a_finding_and_never_passes(text: str, code: str, line: int) -> None:
    read, findings = parse_scenarios(text)
    assert read == ()
    assert (findings[0].code, findings[0].line) == (code, line)


@given(st.text(max_size=60))
def test_any_text_is_a_scenario_or_findings(text: str) -> None:
    read, findings = parse_scenarios(text)
    assert read or findings
    nested, findings = parse_scenarios(f"steps:\n  - {text}")
    assert nested or findings


def test_a_file_may_hold_several_scenarios_of_one_flow() -> None:
    read, findings = parse_scenarios(
        """
flow: f
today: "2026-01-01"
scenarios:
  - {name: silence, steps: [{silence: true, expect: {says: Which}}, {silence: true, expect: {ended: timeout}}]}
  - {name: known, context: {seats: 2}, steps: [{expect: {variables: {seats: 2}}}]}
"""
    )
    assert findings == ()
    assert [(each.name, each.today, run(FLOW, each)) for each in read] == [
        ("silence", "2026-01-01", ()),
        ("known", "2026-01-01", ()),
    ]
    assert parse_scenarios("flow: f\nscenarios:\n  - {flow: g}\n")[1][0].code == "scenario.unknown_key"


def test_a_script_goes_on_after_the_end_and_a_wait_without_deadline_passes() -> None:
    steps = "  - heard: green\n  - wait_s: 5\n  - {silence: true, expect: {ended: true, says: []}}\n"
    assert wrong(steps) == []


def test_a_refresh_of_the_screen_and_the_end_of_the_call_say_nothing() -> None:
    flow = load(
        """
id: f
initial_state: a
variables: {x: {}}
states:
  a:
    say: Hi
    on_enter: [{set: {x: 1}}]
    ui: {artifact_type: card, title: "{x}"}
    transitions: {on_action: {go: {set: {x: 2}}, end: __end__}}
"""
    )
    read, _ = parse_scenarios(
        "flow: f\nsteps:\n  - {ui: {action: go}, expect: {actions: ['set x \"2\"'], says: []}}\n"
        "  - {ui: {action: end}, expect: {actions: [end completed]}}\n"
    )
    assert run(flow, read[0]) == ()
