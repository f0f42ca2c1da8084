"""Text to a flow that is ready to run, or an error that says why not."""

from collections.abc import Mapping
from dataclasses import replace

from flows.check import check
from flows.findings import Finding, has_errors
from flows.model import Flow
from flows.parse import parse
from kit.errors import InputError


class FlowError(InputError):
    """The document cannot run.

    Attributes:
        findings: All that was found, warnings included.
    """

    code = "flow.invalid"

    def __init__(self, message: str, findings: tuple[Finding, ...], *, code: str = "flow.invalid") -> None:
        super().__init__(message, code=code)
        self.findings = findings


def load(text: str, library: Mapping[str, Flow] | None = None) -> Flow:
    """Parse and check.

    Args:
        text: The document.
        library: The flows that it can call, as `NAME` or `NAME@VERSION`; may be filled later, so that flows can call
            each other.

    Raises:
        FlowError: With code `flow.invalid` if it does not parse, `flow.check_failed` if it cannot run.
    """
    flow, findings = parse(text)
    if flow is None:
        raise FlowError("Flow configuration error.", findings)
    if library is not None:
        flow = replace(flow, library=library)
    found = (*findings, *check(flow))
    if has_errors(found):
        raise FlowError("Flow validation failed.", found, code="flow.check_failed")
    return flow
