"""Checks of guards: known variables, and values that can be compared with them."""

from typing import Any, Final

from flows.model import Condition, VariableDef
from flows.notes import Notes
from flows.patterns import PatternError, compiled
from flows.values import ValueProblem, coerce
from flows.ways import Ways, conditions_of

_ORDER: Final = ("gt", "lt", "gte", "lte")
_LISTS: Final = ("in", "not_in")
_VALUES: Final = ("eq", "neq", *_LISTS)


def check_guards(notes: Notes, ways: Ways, known: set[str]) -> None:
    """Check all guards of a state."""
    for path, edge in ways.edges:
        if edge.otherwise is not None and edge.guard is None:
            message = "This has no guard, so what stands after it in the list is never reached."
            notes.warn(f"states.{ways.node.name}.{path}", "check.shadowed_edge", message)
        for condition in conditions_of(edge.guard):
            _condition(notes, f"states.{ways.node.name}.{path}.guard", condition, known)


def _condition(notes: Notes, path: str, condition: Condition, known: set[str]) -> None:
    if condition.variable not in known:
        message = f"The guard reads '{condition.variable}', which nothing sets."
        notes.warn(path, "check.undeclared_guard_variable", message)
    if condition.operator == "matches":
        _pattern(notes, path, condition.value)
        return
    problem = _problem(condition, notes.flow.variables.get(condition.variable))
    if problem:
        notes.warn(path, "check.guard_type", f"'{condition.variable} {condition.operator}' {problem}.")


def _pattern(notes: Notes, path: str, pattern: Any) -> None:
    if not isinstance(pattern, str):
        notes.warn(path, "check.guard_type", "'matches' needs a pattern as text.")
        return
    try:
        compiled(pattern, False)
    except PatternError as error:
        notes.error(path, "check.bad_pattern", f"The pattern does not compile: {error}.")


def _problem(condition: Condition, declared: VariableDef | None) -> str | None:
    operator, value = condition.operator, condition.value
    if operator in _LISTS and not isinstance(value, tuple):
        return "needs a list of values"
    if operator in _ORDER:
        return _order_problem(value, declared)
    if operator in _VALUES and declared is not None:
        return _value_problem(value if operator in _LISTS else (value,), declared)
    return None


def _order_problem(value: Any, declared: VariableDef | None) -> str | None:
    if value is None or isinstance(value, (bool, tuple)) or hasattr(value, "keys"):
        return "needs a number or a text to compare with"
    if declared is None:
        return None
    if declared.type in ("boolean", "object"):
        return f"cannot order values of type {declared.type}"
    return _value_problem((value,), declared) if declared.type == "number" else None


def _value_problem(values: Any, declared: VariableDef) -> str | None:
    """Values that the variable can never have; an enum is compared word for word."""
    for value in values:
        if declared.enum and value is not None and str(value) not in declared.enum:
            return f"can never be '{value}': it is one of {', '.join(declared.enum)}"
        try:
            coerce(value, declared.type)
        except ValueProblem as problem:
            return str(problem)
    return None
