"""JSON as PVP allows it: an object that can always be written again."""

import json
import math
from collections.abc import Mapping
from typing import Any, Never

from kit.errors import ProtocolError

MAX_DEPTH = 32  # a form is 4 deep; json itself gives up near 1,000, depending on the caller's stack


def loads(text: str) -> dict[str, Any]:
    """Read one text frame.

    Raises:
        ProtocolError: `protocol.invalid_json`: not JSON (NaN, infinities, halves of surrogate pairs and depth beyond
            `MAX_DEPTH` included, for we could not write them again), or not an object.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        _check(value, 0)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("invalid JSON", code="protocol.invalid_json") from error
    if not isinstance(value, dict):
        raise ProtocolError("invalid JSON", code="protocol.invalid_json")
    return value


def dumps(message: Mapping[str, Any]) -> str:
    """Write one text frame, without spaces; what is no JSON value (a date of the flow's YAML) as its text."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_as_json)


def _as_json(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _refuse(word: str) -> Never:
    raise ValueError(word)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):  # 1e999
        raise ValueError(text)
    return value


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    match value:
        case str():
            value.encode()  # UnicodeEncodeError, a ValueError, for half of a surrogate pair
        case dict():
            for key, item in value.items():
                key.encode()
                _check(item, depth + 1)
        case list():
            for item in value:
                _check(item, depth + 1)
        case _:
            pass
