"""Reading documents: what is refused, and where."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.check import check
from flows.findings import has_errors
from flows.load import FlowError, load
from flows.model import Edge
from flows.parse import parse

GREETING = """id: hello
initial_state: greet
states:
  greet:
    say: Hello.
"""


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "parse.empty", 1, 1),
        ("- a\n", "parse.type", 1, 1),
        ("id: [1", "parse.syntax", 1, 7),
        ("id: a\nid: b\n", "parse.duplicate_key", 2, 1),
        ("a: &x 1\nb: *x\n", "parse.alias", 2, 4),
        ("a: 1\n---\nb: 2\n", "parse.many_documents", 2, 1),
        ("[" * 500, "parse.too_deep", 1, 41),
        ("a: " + "x" * 300_000, "parse.too_large", 1, 1),
        (GREETING + "version: 1.0\n", "parse.version_unquoted", 6, 10),
        (GREETING.replace("id: hello\n", ""), "parse.required", 1, 1),
        (GREETING.replace("say: Hello.", "say: {a: 1}"), "parse.type", 5, 10),
        (GREETING + "    endpointing: soon\n", "parse.type", 6, 18),
        (GREETING + "    transitions: [a]\n", "parse.type", 6, 18),
        (GREETING + "    transitions:\n      on_timeout: {target: greet}\n", "parse.required", 7, 19),
        (GREETING + "    transitions:\n      on_timeout: {seconds: -1}\n", "parse.type", 7, 29),
        (GREETING + "    transitions:\n      on_utterance: [{target: greet}]\n", "parse.required", 7, 22),
        (GREETING + "    ui: {title: x}\n", "parse.required", 6, 9),
        (GREETING + "settings: {llm_required: perhaps}\n", "parse.type", 6, 26),
        (GREETING + "settings: {max_duration_secs: long}\n", "parse.type", 6, 31),
        (GREETING + "    reprompt: [{a: 1}]\n", "parse.type", 6, 16),
        (GREETING + "    on_enter: {set: {a: 1}}\n", "parse.type", 6, 15),
        (GREETING + "    ui: card\n", "parse.type", 6, 9),
        (
            GREETING + "    transitions: {on_action: {a: {guard: {variable: x, operator: like}}}}\n",
            "parse.type",
            6,
            66,
        ),
        (GREETING + "    transitions: {on_action: {a: {guard: {operator: eq}}}}\n", "parse.required", 6, 42),
        (GREETING + "    confirmation_gate: {on_confirm: greet}\n", "parse.required", 6, 24),
        (GREETING + "    transitions: {on_action: {a: [greet, greet]}}\n", "parse.type", 6, 35),
        (GREETING + "    transitions: {on_action: {a: [3]}}\n", "parse.type", 6, 35),
    ],
)
def test_a_refused_document_says_why_and_where(text: str, code: str, line: int, column: int) -> None:
    flow, findings = parse(text)
    assert flow is None
    assert (findings[0].code, findings[0].line, findings[0].column) == (code, line, column)
    assert findings[0].severity == "error"


def test_the_same_flow_may_be_json_with_tabs_and_escapes() -> None:
    text = '{\n\t"id": "hello", "initial_state": "greet",\n\t"states": {"greet": {"say": "Hi \\ud83d\\ude00"}}\n}'
    flow, findings = parse(text)
    assert findings == ()
    assert flow is not None
    assert flow.states["greet"].say == ("Hi 😀",)


def test_yes_and_on_keep_their_meaning_as_flags_and_stay_words_elsewhere() -> None:
    flow, findings = parse(
        GREETING + "    tools:\n      t:\n        advances: no\n        parameters:\n          x: {enum: [yes, no]}\n"
    )
    assert findings == ()
    assert flow is not None
    assert flow.states["greet"].tools["t"].advances is False
    assert flow.states["greet"].tools["t"].parameters["x"].enum == ("yes", "no")


def test_an_empty_guard_always_holds_and_an_empty_list_of_edges_leads_nowhere() -> None:
    flow = load(GREETING + "    transitions: {on_action: {a: {target: greet, guard: {}}, b: []}}\n")
    assert flow.states["greet"].transitions.on_action == {"a": Edge("greet"), "b": Edge(None)}


def test_unknown_keys_are_kept() -> None:
    flow, _ = parse(GREETING + "    colour: red\n    ui: {artifact_type: card, confetti: {count: 3}}\nx: [1]\n")
    assert flow is not None
    assert flow.states["greet"].extra == {"colour": "red"}
    assert flow.states["greet"].ui is not None
    assert flow.states["greet"].ui["confetti"]["count"] == 3
    assert flow.extra == {"x": (1,)}


def test_the_title_is_the_first_line_of_the_description_or_the_id() -> None:
    assert load(GREETING).title == "hello"
    assert load(GREETING + 'description: "Say hello\\nto everyone"\n').title == "Say hello"


@pytest.mark.parametrize(
    ("addition", "code", "severity", "line"),
    [
        ("    transitions: {on_tool_call: {go: nowhere}}\n", "check.unknown_target", "error", 6),
        ("    transitions:\n      on_timeout: {seconds: 3, fallback: nowhere}\n", "check.unknown_target", "error", 7),
        ("    transitions: {on_no_match: nowhere}\n", "check.unknown_target", "error", 6),
        ("    confirmation_gate: {variables: [a], on_confirm: nowhere}\n", "check.unknown_target", "error", 6),
        ("settings: {on_error: nowhere}\n", "check.unknown_target", "error", 6),
        (
            "    transitions:\n      on_utterance: [{pattern: '(?=a)', target: greet}]\n",
            "check.bad_pattern",
            "error",
            7,
        ),
        ("    tools:\n      t: {parameters: {x: {recognise: enum}}}\n", "check.enum_without_values", "error", 7),
        ("    agent: {tools: [ghost]}\n", "check.undefined_tool", "warning", 6),
        ("    transitions: {on_tool_call: {ghost: greet}}\n", "check.tool_not_here", "warning", 6),
        ("    ui: {artifact_type: card, prompt: 'Hi {nobody}'}\n", "check.undeclared_placeholder", "warning", 6),
        ("  island: {say: x}\n", "check.unreachable", "warning", 6),
        (
            "    transitions: {on_action: {a: {target: greet, guard: {variable: ghost, operator: empty}}}}\n",
            "check.undeclared_guard_variable",
            "warning",
            6,
        ),
    ],
)
def test_the_check_finds_what_cannot_run_and_warns_of_the_rest(
    addition: str, code: str, severity: str, line: int
) -> None:
    flow, findings = parse(GREETING + addition)
    assert flow is not None, findings
    found = {finding.code: finding for finding in check(flow)}
    assert code in found
    assert (found[code].severity, found[code].line) == (severity, line)


def test_the_reserved_ends_need_no_declaration() -> None:
    flow = load(GREETING + "    transitions: {on_action: {a: __end__, b: __error__}}\n")
    assert check(flow) == ()


@pytest.mark.parametrize(
    ("text", "code"), [("id: 1", "flow.invalid"), (GREETING.replace("greet\n", "ghost\n"), "flow.check_failed")]
)
def test_loading_tells_bad_documents_from_impossible_ones(text: str, code: str) -> None:
    with pytest.raises(FlowError) as caught:
        load(text)
    assert caught.value.code == code
    assert has_errors(caught.value.findings)


LINES = st.sampled_from(
    ("id: a", "version: 1.0", "states:", "  s:", "    say: x", "    ui:", "    tools: {t: ", "- ", "{", "}", "[", "]",
     "    transitions:", "      on_utterance:", "        - {pattern: '(', target: s}", "initial_state: s", "? a",
     "!!x y", "    agent: {prompt: x}", "<<: *a", "&a", "|", "\t", '"', "'", "null", "settings: 3", "variables: [1]",
     "    confirmation_gate: {variables: 3}", "      on_timeout: {seconds: .nan}", "        guard: {all: 3}")
)  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(LINES, max_size=15).map("\n".join)))
def test_any_text_is_a_flow_or_findings(text: str) -> None:
    flow, findings = parse(text)
    assert (flow is None) == has_errors(findings)
    if flow is not None:
        check(flow)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(0, 9), st.sampled_from(["s", "t", "{x}", ""])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ("say", "ui", "tools", "agent", "transitions", "on_tool_call", "on_utterance", "on_timeout", "guard",
                 "parameters", "confirmation_gate", "variables", "prompt", "artifact_type", "fields", "s", "t", "enum",
                 "pattern", "target", "seconds", "set", "all", "operator", "on_enter", "auto_extract", "patterns",
                 "on_dtmf", "1", "call", "flow", "then", "in", "out", "options", "id", "value", "variable", "any",
                 "not", "default", "type", "language", "on_transition_blocked", "criteria", "minimum", "step",
                 "fallback")
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@given(
    states=st.dictionaries(st.sampled_from("st"), VALUES, max_size=2),
    top=st.dictionaries(st.sampled_from(["variables", "settings", "scoring"]), VALUES),
)
def test_any_shape_of_document_is_a_flow_or_findings(states: object, top: dict[str, object]) -> None:
    flow, findings = parse(json.dumps({"id": "a", "initial_state": "s", "states": states, **top}))
    assert (flow is None) == has_errors(findings)
    if flow is not None:
        check(flow)
