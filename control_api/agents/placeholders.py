"""`{{name}}` in prompts and first messages. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from kit.errors import InputError

MAX_VALUES = 100
MAX_VALUE_CHARS = 4_000
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_OF_FLOWS = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def filled(text: str, values: Mapping[str, Any]) -> str:
    """Fill in values, once: what was filled in is never read again. What has no value is left out.

    Braces that flows would read as their own placeholders are escaped.
    """
    whole = _PLACEHOLDER.sub(lambda hit: _shown(values.get(hit[1])), text)
    return _OF_FLOWS.sub(r"{{\1}}", whole)


def require_values(given: object) -> Mapping[str, Any]:
    """Return values for placeholders.

    Raises:
        InputError: They are no object of plain values, or too many or too long.
    """
    if not isinstance(given, Mapping):
        raise InputError("variable_values is an object.", code="call.bad_variables")
    if len(given) > MAX_VALUES:
        raise InputError(f"variable_values has at most {MAX_VALUES} values.", code="call.bad_variables")
    for name, value in given.items():
        if isinstance(value, Mapping | list) or len(str(value)) > MAX_VALUE_CHARS or len(str(name)) > 100:
            text = f"variable_values.{str(name)[:100]} is a text or a number of at most {MAX_VALUE_CHARS} characters."
            raise InputError(text, code="call.bad_variables")
    try:
        json.dumps(dict(given), ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:  # what JSON can bring and no answer can repeat: NaN, half characters
        raise InputError("variable_values has a value that is no text or number.", code="call.bad_variables") from error
    return {str(name): value for name, value in given.items()}


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
