"""A flow as a picture."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

from flows.graph import graph
from flows.graph_svg import layout, to_svg
from flows.load import load

FORK = """
id: f
initial_state: a
states:
  a: {say: Hi, transitions: {on_action: {left: b, right: c, "<again>": a}, on_timeout: {seconds: 3, fallback: __end__}}}
  b: {say: B, transitions: {on_action: {on: d}}}
  c: {say: C, transitions: {on_action: {on: d, back: a}}}
  d: {say: "A & B"}
  island_with_a_long_name: {say: x}
"""
SVG = "{http://www.w3.org/2000/svg}"


def test_states_stand_in_layers_by_their_distance_from_the_start() -> None:
    boxes = layout(graph(load(FORK)))
    assert boxes["a"].y < boxes["b"].y == boxes["c"].y == boxes["__end__"].y < boxes["d"].y
    assert boxes["island_with_a_long_name"].y == boxes["a"].y


def test_boxes_never_overlap() -> None:
    many = "\n".join(
        f"  s{i}: {{say: x, transitions: {{on_action: {{go: t{i}, x: s{(i * 7) % 9}}}}}}}" for i in range(9)
    )
    ends = "\n".join(f"  t{i}: {{say: a long line}}" for i in range(9))
    boxes = layout(graph(load(f"id: f\ninitial_state: s0\nstates:\n{many}\n{ends}\n"))).values()
    rows: dict[float, list[tuple[float, float]]] = {}
    for box in boxes:
        rows.setdefault(box.y, []).append((box.x - box.width / 2, box.x + box.width / 2))
    for row in rows.values():
        spans = sorted(row)
        assert all(left[1] < right[0] for left, right in pairwise(spans))


def test_the_picture_is_well_formed_and_holds_every_state_and_label() -> None:
    root = ET.fromstring(to_svg(load(FORK)))
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert texts >= {"A", "B", "C", "D", "End", "Island with a long name", "left", "right", "<again>"}
    assert "long silence" in texts
    assert len(list(root.iter(f"{SVG}rect"))) == 6
    kinds = [rect.get("class") for rect in root.iter(f"{SVG}rect")]
    assert kinds.count("start") == 1
    assert kinds.count("end") == 3


def test_everything_lies_inside_the_picture_and_silence_is_dashed() -> None:
    svg = to_svg(load(FORK))
    root = ET.fromstring(svg)
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for rect in root.iter(f"{SVG}rect"):
        x, y, wide, high = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height
    assert len(re.findall('<path class="timeout"', svg)) == 1
    assert "prefers-color-scheme: dark" in svg


def test_ways_that_share_both_ends_are_one_arrow() -> None:
    flow = load(
        "id: f\ninitial_state: a\nstates:\n  b: {say: y}\n"
        "  a: {say: x, transitions: {on_action: {one: b, two: b, three_is_rather_long: b}}}\n"
    )
    assert "one, two, three_is_rather_l…" in to_svg(flow)
