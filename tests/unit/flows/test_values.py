"""Bringing values into their types."""

from typing import Any

import pytest

from flows.values import ValueProblem, coerce


@pytest.mark.parametrize(
    ("value", "kind", "allowed", "fitted"),
    [
        (None, "number", (), None),
        ("4", "number", (), 4),
        (" -2.5 ", "number", (), -2.5),
        (3.0, "integer", (), 3),
        (True, "boolean", (), True),
        ("No", "boolean", (), False),
        ("on", "boolean", (), True),
        (1, "boolean", (), True),
        (5, "string", (), "5"),
        (True, "string", (), True),
        ({"a": 1}, "object", (), {"a": 1}),
        ("BASIC", "enum", ("Basic", "Pro"), "Basic"),
        ("beard trm", "enum", ("beard_trim", "cut"), "beard_trim"),
        (True, "enum", ("yes", "no"), "yes"),
        ("4", "number", ("4", "5"), 4),
    ],
)
def test_a_value_is_brought_into_its_type(value: Any, kind: str, allowed: tuple[str, ...], fitted: Any) -> None:
    result = coerce(value, kind, allowed)
    assert result == fitted
    assert type(result) is type(fitted)


@pytest.mark.parametrize(
    ("value", "kind", "allowed"),
    [
        ("many", "number", ()),
        (True, "number", ()),
        (float("nan"), "number", ()),
        ([1], "number", ()),
        ("1e5", "number", ()),
        (2.5, "integer", ()),
        ("perhaps", "boolean", ()),
        ([], "boolean", ()),
        ("pizza", "enum", ("Basic", "Pro")),
        ("", "enum", ("Basic",)),
        ({}, "enum", ("Basic",)),
    ],
)
def test_what_does_not_fit_says_what_would(value: Any, kind: str, allowed: tuple[str, ...]) -> None:
    with pytest.raises(ValueProblem, match="must be"):
        coerce(value, kind, allowed)
