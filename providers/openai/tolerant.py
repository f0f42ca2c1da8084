"""Reads the JSON that models write, which is not always JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

_FENCE = re.compile(r"^```[a-z]*\s*|\s*```$")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


def parse_arguments(text: str) -> Mapping[str, Any]:
    """Return the object in `text`; mends code fences, doubled braces, trailing commas, a missing end, quoted JSON.

    What cannot be mended is an empty object: the flow then finds the arguments missing and asks for them.
    """
    plain = _FENCE.sub("", text.strip())
    for candidate in (plain, _mended(plain), _mended(plain) + "}", _mended(plain) + '"}'):
        try:
            value = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(value, str) and value != text:
            return parse_arguments(value)
        return value if isinstance(value, dict) else {}
    return {}


def _mended(text: str) -> str:
    if text.startswith("{{") and text.endswith("}}"):
        text = text[1:-1]
    return _TRAILING_COMMA.sub(r"\1", text)
