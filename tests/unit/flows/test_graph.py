"""A flow drawn."""

from pathlib import Path

import pytest

from flows.document import to_json
from flows.graph import GraphEdge, GraphNode, graph, to_mermaid
from flows.load import FlowError, load

TEXT = """
id: f
initial_state: a
states:
  a:
    say: Hi
    tools: {t: {}}
    transitions:
      on_tool_call: {t: b}
      on_ui_event: {tap: b}
      on_action: {act: __end__, stay: {set: {x: 1}}}
      on_utterance: [{pattern: 'say "x"', target: b}]
      on_timeout: {seconds: 3, target: a, fallback: b}
      on_no_match: b
  b:
    confirmation_gate: {variables: [x], on_confirm: last_words}
  last_words: {say: Bye}
"""


def test_every_way_out_is_an_edge_of_its_kind() -> None:
    drawn = graph(load(TEXT))
    assert drawn.nodes == (
        GraphNode("a", "start", "A"),
        GraphNode("b", "state", "B"),
        GraphNode("last_words", "end", "Last words"),
        GraphNode("__end__", "end", "End"),
    )
    assert drawn.edges == (
        GraphEdge("a", "b", "ui", "tap"),
        GraphEdge("a", "__end__", "action", "act"),
        GraphEdge("a", "b", "tool", "t"),
        GraphEdge("a", "b", "utterance", 'say "x"'),
        GraphEdge("a", "b", "utterance", "not understood"),
        GraphEdge("a", "a", "timeout", "silence"),
        GraphEdge("a", "b", "timeout", "long silence"),
        GraphEdge("b", "last_words", "gate", "yes"),
        GraphEdge("b", "b", "gate", "no"),
    )


def test_keys_calls_and_alternatives_are_edges_too() -> None:
    drawn = graph(
        load(
            """
id: f
initial_state: a
states:
  a:
    say: Hi
    transitions:
      on_dtmf: {"1": b, "2": [{target: b, guard: {variable: x, operator: empty}}, {target: c}, {target: b}]}
      on_no_match: [{target: b, guard: {variable: x, operator: empty}}, c]
  b: {call: {flow: other, then: c, on_error: a}}
  c: {say: Bye}
"""
        )
    )
    assert drawn.edges == (
        GraphEdge("a", "b", "dtmf", "key 1"),
        GraphEdge("a", "b", "dtmf", "key 2"),
        GraphEdge("a", "c", "dtmf", "key 2"),
        GraphEdge("a", "b", "utterance", "not understood"),
        GraphEdge("a", "c", "utterance", "not understood"),
        GraphEdge("b", "c", "call", "other"),
        GraphEdge("b", "a", "call", "other failed"),
    )


def test_mermaid_names_every_node_and_escapes_quotes() -> None:
    drawing = to_mermaid(load(TEXT))
    assert drawing.startswith("flowchart TD\n")
    assert 's0(["A"])' in drawing
    assert 's0 -->|"say #quot;x#quot;"| s1' in drawing


def test_the_document_keeps_every_key_in_order() -> None:
    path = Path("examples/flows/onboarding.yaml")
    document = to_json(path.read_text())
    assert list(document) == ["id", "version", "description", "initial_state", "variables", "settings", "states"]
    assert document["states"]["done"]["ui"]["content"]["name"] == "{full_name}"


@pytest.mark.parametrize("text", ["a: [", "- 1"])
def test_a_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(FlowError) as caught:
        to_json(text)
    assert caught.value.code == "flow.invalid"
