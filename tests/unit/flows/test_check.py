"""What the check warns of, and what it leaves alone."""

import pytest

from flows.check import check
from flows.check_patterns import covers
from flows.load import load
from flows.model import Flow
from flows.parse import parse

HEAD = "id: f\ninitial_state: a\n"
END = "  z: {say: Bye., transitions: {}}\n"


def codes(text: str, library: dict[str, Flow] | None = None) -> list[tuple[str, str]]:
    flow, findings = parse(text)
    assert flow is not None, findings
    if library is not None:
        flow = load(text, library)
    return [(finding.code.removeprefix("check."), finding.path) for finding in check(flow)]


def edge(guard: str, variables: str = "{}") -> str:
    return (
        f"{HEAD}variables: {variables}\nstates:\n"
        f"  a: {{say: Hi., transitions: {{on_action: {{go: {{target: z, guard: {guard}}}}}}}}}\n{END}"
    )


TYPES = "{n: {type: number}, b: {type: boolean}, e: {enum: [red, blue]}, s: {type: string}, o: {type: object}}"


@pytest.mark.parametrize(
    ("guard", "is_wrong"),
    [
        ("{variable: n, operator: gt, value: 3}", False),
        ("{variable: n, operator: gt, value: '3'}", False),
        ("{variable: n, operator: gt, value: soon}", True),
        ("{variable: n, operator: gt}", True),
        ("{variable: n, operator: eq, value: null}", False),
        ("{variable: n, operator: eq, value: soon}", True),
        ("{variable: n, operator: in, value: [1, two]}", True),
        ("{variable: n, operator: in, value: 1}", True),
        ("{variable: b, operator: eq, value: 'yes'}", False),
        ("{variable: b, operator: eq, value: maybe}", True),
        ("{variable: b, operator: lt, value: 1}", True),
        ("{variable: o, operator: lt, value: 1}", True),
        ("{variable: s, operator: lt, value: b}", False),
        ("{variable: s, operator: lt, value: [b]}", True),
        ("{variable: s, operator: lt, value: {b: 1}}", True),
        ("{variable: s, operator: eq, value: 3}", False),
        ("{variable: e, operator: eq, value: red}", False),
        ("{variable: e, operator: eq, value: Red}", True),
        ("{variable: e, operator: not_in, value: [red, green]}", True),
        ("{variable: e, operator: matches, value: '^r'}", False),
        ("{variable: e, operator: matches, value: 3}", True),
        ("{variable: e, operator: empty}", False),
        ("{all: [{variable: s, operator: not_empty}, {not: {variable: n, operator: gt, value: x}}]}", True),
    ],
)
def test_a_guard_compares_what_can_be_compared(guard: str, is_wrong: bool) -> None:
    found = codes(edge(guard, TYPES))
    assert found == ([("guard_type", "states.a.transitions.on_action.go.guard")] if is_wrong else [])


def test_a_guard_may_compare_what_is_not_declared() -> None:
    found = codes(edge("{variable: ghost, operator: gt, value: 3}"))
    assert found == [("undeclared_guard_variable", "states.a.transitions.on_action.go.guard")]


def test_a_pattern_of_a_guard_has_to_compile() -> None:
    found = codes(edge("{variable: s, operator: matches, value: '(?<=a)'}", TYPES))
    assert found == [("bad_pattern", "states.a.transitions.on_action.go.guard")]


def test_an_edge_without_a_guard_hides_those_after_it() -> None:
    found = codes(HEAD + "states:\n  a: {say: Hi., transitions: {on_action: {go: [{target: z}, z]}}}\n" + END)
    assert found == [("shadowed_edge", "states.a.transitions.on_action.go")]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("{say: Hi., transitions: {on_timeout: {seconds: 3, target: a}, on_action: {x: z}}}",
         [("silent_loop", "states.a.transitions.on_timeout")]),
        ("{say: Hi., transitions: {on_timeout: {seconds: 3, target: a, max_retries: 2, fallback: a},"
         " on_action: {x: z}}}",
         [("silent_loop", "states.a.transitions.on_timeout")]),
        ("{say: Hi., transitions: {on_timeout: {seconds: 3, target: a, max_retries: 2}, on_action: {x: z}}}",
         [("timeout_without_fallback", "states.a.transitions.on_timeout")]),
        ("{say: Hi., transitions: {on_timeout: {seconds: 3, target: z, max_retries: 2}}}", []),
        ("{say: Hi., transitions: {on_ui_event: {x: z}, on_action: {x: a}}}",
         [("ambiguous_action", "states.a.transitions.on_action.x")]),
        ("{say: Hi., tools: {t: {parameters: {x: {}}}, u: {parameters: {x: {}}}},"
         " transitions: {on_tool_call: {t: z, u: a}}}",
         [("ambiguous_tools", "states.a.transitions.on_tool_call.u")]),
        ("{say: Hi., tools: {t: {parameters: {x: {}}}, u: {parameters: {x: {required: true}, y: {}}}},"
         " transitions: {on_tool_call: {t: z, u: z}}}", []),
        ("{say: Hi., confirmation_gate: {variables: [], on_confirm: z, confirm_phrases: [no way not],"
         " reject_phrases: [no]}}",
         [("empty_gate", "states.a.confirmation_gate"), ("ambiguous_phrase", "states.a.confirmation_gate")]),
        ("{say: Hi., tools: {confirm_x: {parameters: {x: {}}}}, confirmation_gate: {variables: [x], on_confirm: z}}",
         [("ambiguous_tool_name", "states.a.tools.confirm_x")]),
        ("{say: Hi., tools: {t: {}}, transitions: {on_tool_call: {t: z}}}", [("needs_model", "states.a.transitions")]),
        ("{say: Hi., tools: {t: {}}, transitions: {on_tool_call: {t: z}, on_dtmf: {'1': z}}}", []),
        ("{call: {flow: g, then: z}, transitions: {on_action: {x: z}}}",
         [("call_ignores_transitions", "states.a.call"), ("unknown_flow", "states.a.call.flow")]),
        ("{say: Hi., tools: {t: {parameters: {x: {pattern: '(', required: true}}}},"
         " transitions: {on_tool_call: {t: z}}}",
         [("bad_pattern", "states.a.tools.t.parameters.x.pattern")]),
        ("{say: Hi., transitions: {on_action: {x: {target: z, set: {n: soon, m: '{n}'}}}}}",
         [("value_does_not_fit", "states.a.transitions.on_action.x.set.n")]),
    ],
)  # fmt: skip
def test_a_state_is_warned_of(body: str, found: list[tuple[str, str]]) -> None:
    assert codes(f"{HEAD}variables: {{n: {{type: number}}}}\nstates:\n  a: {body}\n{END}") == found


def test_a_longest_duration_bounds_silence() -> None:
    body = "  a: {say: Hi., transitions: {on_timeout: {seconds: 3, target: a}, on_action: {x: z}}}\n"
    assert codes(HEAD + "settings: {max_duration_secs: 60}\nstates:\n" + body + END) == []


def test_a_flow_that_needs_a_model_may_need_it() -> None:
    body = "  a: {say: Hi., tools: {t: {}}, transitions: {on_tool_call: {t: z}}}\n"
    assert codes(HEAD + "settings: {llm_required: true}\nstates:\n" + body + END) == []


def test_the_head_is_checked() -> None:
    text = HEAD + "variables: {e: {type: enum}, r: {required: true}}\nstates:\n  a: {say: Hi., transitions: {}}\n"
    assert codes(text) == [("enum_without_values", "variables.e"), ("required_never_set", "variables.r")]


READS = """
id: f
initial_state: a
variables: {x: {type: string}, y: {type: string}, w: {type: string}, context: {type: string}, d: {default: 1}}
states:
  a:
    say: "%s"
    ui: {artifact_type: card, prompt: "%s"}
    on_enter: [{set: {w: "1"}}]
    tools: {t: {parameters: {x: {required: true}}}}
    transitions:
      on_tool_call: {t: b}
      on_utterance: [{pattern: later, target: b, capture_to: z}]
      on_action: {go: {target: b, guard: {variable: y, operator: %s}}}
  b: {say: "{x} {z}", transitions: {on_action: {on: {target: c, set: {y: "{x}"}}}}}
  c: {say: "{y}", transitions: {}}
"""


@pytest.mark.parametrize(
    ("said", "shown", "operator", "paths"),
    [
        ("{w}, {context}, {d}", "{x} {z}", "not_empty", []),
        ("{x}", "", "empty", ["say"]),
        ("", "{y}", "empty", ["ui"]),
        ("", "", "eq, value: 1", ["transitions.on_action.go.guard"]),
    ],
)
def test_what_is_read_has_to_be_set_on_some_way(said: str, shown: str, operator: str, paths: list[str]) -> None:
    found = codes(READS % (said, shown, operator))
    assert found == [("read_before_set", f"states.a.{path}") for path in paths]


def test_the_states_of_the_settings_may_read_everything() -> None:
    text = HEAD + "settings: {on_error: e}\nstates:\n  a: {say: Hi., transitions: {on_action: {x: b}}}\n"
    text += (
        "  b: {say: Hi., transitions: {on_action: {x: {target: z, set: {v: 1}}}}}\n  e: {say: '{v}', transitions: {}}\n"
    )
    assert codes(text + END) == []


CALLED = "id: g\ninitial_state: a\nvariables: {x: {type: string}}\nstates: {a: {say: Hi., transitions: {}}}\n"


def test_a_call_gives_and_takes_what_the_called_flow_has() -> None:
    library = {"g": load(CALLED)}
    body = "  a: {call: {flow: g, in: {x: 1, y: 2}, out: {v: x, w: ghost}, then: z}}\n"
    assert codes(HEAD + "states:\n" + body + END, library) == [
        ("call_variable", "states.a.call.in.y"),
        ("call_variable", "states.a.call.out.w"),
    ]


@pytest.mark.parametrize(
    ("earlier", "later", "is_covered"),
    [
        ("a", "a", True), ("^a$", "^a$", True), (".*", "b+", True), ("yes", "yes|oh yes", True),
        ("yes", r"\b(oh yes|yes sir)\b", True), ("y.s", "^yes$", True), ("yes", "yes|no", False),
        (r"\byes\b", "yes", False),
        ("yes", "y+", False), ("oh yes", "yes", False), ("YES", "yes", True), ("a", "a|", False),
    ],
)  # fmt: skip
def test_a_pattern_is_covered_only_where_that_is_certain(earlier: str, later: str, is_covered: bool) -> None:
    assert covers(earlier, later) is is_covered


def test_a_pattern_behind_a_guard_covers_nothing() -> None:
    text = HEAD + "states:\n  a:\n    say: Hi.\n    transitions:\n      on_utterance:\n"
    text += (
        "        - {pattern: x, target: z, guard: {variable: v, operator: empty}}\n        - {pattern: x, target: z}\n"
    )
    assert codes("variables: {v: {}}\n" + text + END) == []


def test_a_finding_in_a_borrowed_tool_points_to_the_state_that_borrows() -> None:
    text = HEAD + "states:\n  a: {say: Hi., agent: {tools: [t]}, transitions: {on_action: {x: z}}}\n"
    text += "  z: {say: Bye., tools: {t: {parameters: {x: {ask: '{ghost}?'}}}}, transitions: {}}\n"
    flow, _ = parse(text)
    assert flow is not None
    found = {finding.path: finding.line for finding in check(flow)}
    assert found == {"states.a.tools.t.parameters.x.ask": 4, "states.z.tools.t.parameters.x.ask": 5}


def test_an_option_without_an_id_sets_nothing() -> None:
    body = "  a: {say: Hi., ui: {artifact_type: options, options: [{label: x}, 3]}, transitions: {on_action: {x: z}}}\n"
    assert codes(HEAD + "states:\n" + body + END) == []


def test_a_pattern_may_not_be_endless() -> None:
    rule = f"{{pattern: {'a' * 2001}, target: z}}"
    found = codes(f"{HEAD}states:\n  a: {{say: Hi., transitions: {{on_utterance: [{rule}]}}}}\n{END}")
    assert found == [("bad_pattern", "states.a.transitions.on_utterance[0].pattern")]
