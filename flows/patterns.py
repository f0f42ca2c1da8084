"""Users' regular expressions, run in linear time so that no text can stall a call."""

from functools import lru_cache
from typing import Any, Final

import re2

MAX_PATTERN_CHARS: Final = 2_000
MAX_TEXT_CHARS: Final = 4_000


def _options(ignore_case: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    return options


_OPTIONS: Final = {True: _options(True), False: _options(False)}


class PatternError(ValueError):
    """The pattern does not compile."""


@lru_cache(maxsize=8192)
def compiled(pattern: str, ignore_case: bool = True) -> Any:
    """Compile with RE2.

    Raises:
        PatternError: Too long, or not RE2 syntax (no look-around, no back-references).
    """
    if len(pattern) > MAX_PATTERN_CHARS:
        raise PatternError(f"longer than {MAX_PATTERN_CHARS} characters")
    try:
        return re2.compile(pattern, _OPTIONS[ignore_case])
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else ""
        raise PatternError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from error


def search(pattern: str, text: str, *, ignore_case: bool = True) -> str | None:
    """Find `pattern` in `text`: its first group, or the whole match if it has none; None if there is no match.

    A pattern that does not compile matches nothing; the check reports it.
    """
    clean = text[:MAX_TEXT_CHARS].encode("utf-8", "replace").decode("utf-8")
    try:
        match = compiled(pattern, ignore_case).search(clean)
    except PatternError:
        return None
    if match is None:
        return None
    found: str | None = match.group(1) if match.groups() else match.group(0)
    return found if found is not None else str(match.group(0))
