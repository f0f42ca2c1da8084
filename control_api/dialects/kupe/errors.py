"""Errors as Kupe's clients read them: `{"detail": "…"}`, or a list of the fields that are wrong."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from control_api.errors import Problem, answers_of


class FieldError(BaseModel):
    """One part of a request that is not as it must be."""

    loc: list[str | int]
    msg: str
    type: str


class KupeErrorBody(BaseModel):
    """An error."""

    detail: str | list[FieldError]


def encode(problem: Problem) -> Mapping[str, Any]:
    """Word a problem."""
    return {"detail": [asdict(each) for each in problem.fields] or problem.detail}


def status(problem: Problem) -> int:
    """Return the status: what is wrong as a whole is 400 here, single fields are 422."""
    return 400 if problem.status == 422 and not problem.fields else problem.status


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` of a route: these statuses in our shape, and those that any request can get."""
    return answers_of(KupeErrorBody, {*statuses, 400, 401, 403, 422})
