"""Errors as Prepatu's clients read them: `{"detail": …}`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from control_api.errors import Problem, answers_of
from flows.findings import Finding


class FieldError(BaseModel):
    """One part of a request that is not as it must be."""

    loc: list[str | int]
    msg: str
    type: str


class FlowFinding(BaseModel):
    """What is wrong with a flow, and where; lines and columns count from 1."""

    path: str
    line: int
    column: int
    severity: str
    code: str
    message: str


class ErrorBody(BaseModel):
    """An error: a sentence, or the parts of the request that are wrong; of a flow, all that was found."""

    detail: str | list[FieldError]
    findings: list[FlowFinding] | None = None


_MAX_FINDINGS = 100


def encode(problem: Problem) -> Mapping[str, Any]:
    """Word a problem; see `ErrorBody`."""
    if problem.fields:
        return {"detail": [asdict(each) for each in problem.fields]}
    if problem.findings:
        found = [asdict(each) for each in problem.findings[:_MAX_FINDINGS]]
        return {"detail": _of_flow(problem.findings), "findings": found}
    return {"detail": problem.detail}


def _of_flow(findings: Sequence[Finding]) -> str:
    """Say what is wrong with a flow in one line, where clients show no more."""
    first, *others = [each for each in findings if each.severity == "error"] or findings
    more = f" (and {len(others)} more)" if others else ""
    return f"Invalid YAML: line {first.line}, column {first.column}: {first.message}{more}"


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` of a route: these statuses in our shape, and those that any request can get."""
    return answers_of(ErrorBody, {*statuses, 400, 413, 422, 503})
