"""Brings a value into the type that its parameter or variable declares."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from rapidfuzz import fuzz, process

from flows.model import ParamDef, VariableDef
from flows.patterns import search

FUZZY_PERCENT: Final = 85

_TRUE: Final = frozenset({"true", "yes", "y", "1", "on"})
_FALSE: Final = frozenset({"false", "no", "n", "0", "off"})
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


_SHAPES: Final[dict[str, tuple[type | tuple[type, ...], str]]] = {
    "object": (Mapping, "an object"),
    "array": ((list, tuple), "a list"),
}


class ValueProblem(ValueError):
    """The value does not fit; the text says what would."""


def coerce(value: Any, kind: str, allowed: tuple[str, ...] = ()) -> Any:
    """Bring `value` into `kind`.

    Args:
        value: Anything JSON can hold; None stays None.
        kind: `string`, `number`, `integer`, `boolean`, `enum`, `object`, `array`; others are left alone.
        allowed: Canonical values; matched without case and, failing that, by likeness.

    Raises:
        ValueProblem: It does not fit.
    """
    if value is None:
        return None
    if allowed:
        value = _canonical(value, allowed)
    if kind in ("number", "integer"):
        return _number(value, kind)
    if kind == "boolean":
        return _boolean(value)
    if kind in _SHAPES:
        return _shaped(value, kind)
    if kind in ("string", "enum") and isinstance(value, (Mapping, list, tuple)):
        raise ValueProblem("must be text")
    if kind in ("string", "enum") and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


def coerce_parameter(param: ParamDef, value: Any) -> Any:
    """Bring `value` into the type and the bounds of a parameter.

    Raises:
        ValueProblem: It does not fit.
    """
    value = coerce(value, param.type, param.enum)
    if isinstance(value, str):
        _check_length(param.schema, value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_range(param.schema, value)
    return value


def coerce_variable(name: str, value: Any, variables: Mapping[str, VariableDef]) -> Any:
    """Bring `value` into the declared type of variable `name`; an undeclared name takes anything.

    Raises:
        ValueProblem: It does not fit.
    """
    declared = variables.get(name)
    return value if declared is None else coerce(value, declared.type, declared.enum)


def _shaped(value: Any, kind: str) -> Any:
    """An object or a list, also as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueProblem(f"must be {_SHAPES[kind][1]}") from error
    if not isinstance(value, _SHAPES[kind][0]):
        raise ValueProblem(f"must be {_SHAPES[kind][1]}")
    return value


def _check_length(schema: Mapping[str, Any], value: str) -> None:
    least, most, pattern = schema.get("minLength"), schema.get("maxLength"), schema.get("pattern")
    if isinstance(least, int) and len(value) < least:
        raise ValueProblem(f"must have at least {least} characters")
    if isinstance(most, int) and len(value) > most:
        raise ValueProblem(f"must have at most {most} characters")
    if isinstance(pattern, str) and search(pattern, value, ignore_case=False) is None:
        raise ValueProblem("must have the right form")


def _check_range(schema: Mapping[str, Any], value: float) -> None:
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(low, (int, float)) and value < low:
        raise ValueProblem(f"must be at least {low}")
    if isinstance(high, (int, float)) and value > high:
        raise ValueProblem(f"must be at most {high}")


def _canonical(value: Any, allowed: tuple[str, ...]) -> str:
    text = str(value).strip().lower() if not isinstance(value, bool) else ("yes" if value else "no")
    for option in allowed:
        if option.lower() == text:
            return option
    if isinstance(value, str) and 0 < len(text) <= 200:
        lowered = [option.lower().replace("_", " ") for option in allowed]
        best = process.extractOne(text.replace("_", " "), lowered, scorer=fuzz.ratio, score_cutoff=FUZZY_PERCENT)
        if best is not None:
            return allowed[best[2]]
    raise ValueProblem(f"must be one of {', '.join(allowed)}")


def _number(value: Any, kind: str) -> Any:
    if isinstance(value, bool):
        raise ValueProblem("must be a number")
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            raise ValueProblem("must be a number")
        value = float(value)
    if not isinstance(value, (int, float)) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueProblem("must be a number")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "integer" and isinstance(value, float):
        raise ValueProblem("must be a whole number")
    return value


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueProblem("must be true or false")
