"""The eleven operators and how they join."""

from typing import Any

import pytest

from flows.guards import describe, holds
from flows.model import Condition, Group

HAVE = {"n": 10, "text": "9", "word": "red", "none": None, "blank": "", "ok": True, "many": []}


@pytest.mark.parametrize(
    ("variable", "operator", "value", "expected"),
    [
        ("n", "eq", "10", True), ("n", "eq", 9, False), ("word", "eq", "red", True), ("word", "eq", "Red", False),
        ("none", "eq", None, True), ("none", "eq", "x", False), ("ok", "eq", True, True), ("ok", "eq", "true", True),
        ("n", "neq", 9, True), ("word", "neq", "red", False), ("ghost", "neq", "x", True),
        ("word", "in", ("red", "blue"), True), ("n", "in", ("1", "10"), True), ("word", "in", "red", True),
        ("word", "not_in", ("red",), False), ("ghost", "not_in", ("red",), True),
        ("none", "empty", None, True), ("blank", "empty", None, True), ("many", "empty", None, True),
        ("n", "empty", None, False), ("n", "not_empty", None, True), ("blank", "not_empty", None, False),
        ("n", "gt", "9", True), ("text", "lt", 10, True), ("n", "gte", 10, True), ("n", "lte", 9, False),
        ("word", "gt", "blue", True), ("none", "gt", 1, False), ("none", "lte", 1, False), ("n", "lt", None, False),
        ("word", "matches", "^r.d$", True), ("word", "matches", "^R", False), ("none", "matches", ".*", False),
        ("word", "matches", "(", False),
    ],
)  # fmt: skip
def test_an_operator_compares(variable: str, operator: str, value: Any, expected: bool) -> None:
    assert holds(Condition(variable, operator, value), HAVE) is expected


def test_groups_join_and_nest() -> None:
    yes, no = Condition("n", "eq", 10), Condition("n", "eq", 1)
    assert holds(None, {})
    assert holds(Group("all", (yes, yes)), HAVE)
    assert not holds(Group("all", (yes, no)), HAVE)
    assert holds(Group("any", (no, yes)), HAVE)
    assert not holds(Group("any", (no, no)), HAVE)
    assert holds(Group("not", (no,)), HAVE)
    assert not holds(Group("all", (yes, Group("not", (Group("any", (no, yes)),)))), HAVE)
    assert describe(None) == ""
    assert describe(Group("all", (yes, Condition("word", "empty")))) == "all(n eq 10, word empty)"
