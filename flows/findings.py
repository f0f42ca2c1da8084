"""What is wrong with a document, and where."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on a document; only an `error` makes execution impossible.

    Attributes:
        path: Dotted keys from the top, such as `states.greet.say`; empty for the whole document.
        line: From 1.
        column: From 1.
        code: Stable and dotted, such as `check.unknown_target`.
    """

    path: str
    line: int
    column: int
    severity: Severity
    code: str
    message: str


def has_errors(findings: tuple[Finding, ...]) -> bool:
    """Whether any finding forbids running the flow."""
    return any(finding.severity == "error" for finding in findings)
