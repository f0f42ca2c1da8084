"""Collects what the check finds, each with its place in the document."""

from flows.findings import Finding, Severity
from flows.model import Flow


class Notes:
    """The findings on one flow."""

    def __init__(self, flow: Flow) -> None:
        """Begin with none."""
        self.flow = flow
        self.findings: list[Finding] = []

    def warn(self, path: str, code: str, message: str) -> None:
        """Add something suspicious."""
        self._add(path, "warning", code, message)

    def error(self, path: str, code: str, message: str) -> None:
        """Add something that makes execution impossible."""
        self._add(path, "error", code, message)

    def _add(self, path: str, severity: Severity, code: str, message: str) -> None:
        where = path
        while where and where not in self.flow.places:
            where = where.rpartition(".")[0]
        line, column = self.flow.places.get(where, (1, 1))
        self.findings.append(Finding(path, line, column, severity, code, message))
