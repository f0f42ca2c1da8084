"""Whether a guard holds. There is no expression language: eleven operators joined by `all`, `any` and `not`."""

from collections.abc import Mapping
from typing import Any

from flows.model import Condition, Edge, Group, Guard
from flows.patterns import search


def holds(guard: Guard | None, variables: Mapping[str, Any]) -> bool:
    """Evaluate `guard`; no guard always holds."""
    if guard is None:
        return True
    if isinstance(guard, Group):
        results = [holds(member, variables) for member in guard.members]
        return {"all": all(results), "any": any(results), "not": not any(results)}[guard.kind]
    return _compare(guard, variables.get(guard.variable))


def chosen(edge: Edge, variables: Mapping[str, Any]) -> Edge:
    """The first of an edge and its alternatives whose guard holds; the edge itself if none does."""
    each: Edge | None = edge
    while each is not None:
        if holds(each.guard, variables):
            return each
        each = each.otherwise
    return edge


def describe(guard: Guard | None) -> str:
    """Say in words what a guard wants."""
    if guard is None:
        return ""
    if isinstance(guard, Group):
        return f"{guard.kind}({', '.join(describe(member) for member in guard.members)})"
    value = "" if guard.operator in ("empty", "not_empty") else f" {guard.value}"
    return f"{guard.variable} {guard.operator}{value}"


def _compare(condition: Condition, have: Any) -> bool:
    want = condition.value
    match condition.operator:
        case "eq":
            return _equal(have, want)
        case "neq":
            return not _equal(have, want)
        case "in":
            return any(_equal(have, each) for each in _many(want))
        case "not_in":
            return not any(_equal(have, each) for each in _many(want))
        case "empty":
            return have is None or have in ("", [], ())
        case "not_empty":
            return not (have is None or have in ("", [], ()))
        case "matches":
            return have is not None and search(str(want), _text(have), ignore_case=False) is not None
        case operator:
            return _ordered(operator, have, want)


def _ordered(operator: str, have: Any, want: Any) -> bool:
    if have is None or want is None:
        return False
    left, right = _number(have), _number(want)
    sign = _sign(left, right) if left is not None and right is not None else _sign(_text(have), _text(want))
    return {"gt": sign > 0, "lt": sign < 0, "gte": sign >= 0, "lte": sign <= 0}.get(operator, False)


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def _equal(have: Any, want: Any) -> bool:
    if have is None or want is None:
        return have is want
    left, right = _number(have), _number(want)
    if left is not None and right is not None:
        return left == right
    return _text(have) == _text(want)


def _many(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or len(str(value)) > 40:
        return None
    try:
        return float(value)
    except ValueError:
        return None
