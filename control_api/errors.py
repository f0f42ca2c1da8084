"""The one table from our errors to HTTP, and our own shape of an error body; a dialect may have another."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.findings import Finding
from flows.load import FlowError
from kit.errors import (
    AntiphonError,
    CapacityError,
    ConfigError,
    ConflictError,
    DialRefusedError,
    ForbiddenError,
    InputError,
    InsufficientCreditsError,
    NotFoundError,
    ProtocolError,
    ProviderError,
    RateLimitedError,
    UnauthenticatedError,
)

HTTP_STATUS: dict[type[AntiphonError], int] = {
    AntiphonError: 500,
    InputError: 422,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    RateLimitedError: 429,
    InsufficientCreditsError: 402,
    ProtocolError: 400,
    ConfigError: 500,
    CapacityError: 503,
    ProviderError: 502,
    DialRefusedError: 502,
}
_SOON = {"Retry-After": "5"}
_SCHEMAS = "#/components/schemas/{model}"
_HTTP_CODES = {
    400: "request.unreadable",
    401: "auth.required",
    404: "route.not_found",
    405: "route.method_not_allowed",
    413: "request.too_large",
}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One part of a request that is not as it must be."""

    loc: tuple[str | int, ...]
    msg: str
    type: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, before a dialect words it.

    Attributes:
        code: Stable and dotted.
        detail: For people.
        fields: Which parts of the request are wrong.
        findings: What is wrong with the flow that it is about.
    """

    status: int
    code: str
    detail: str
    fields: tuple[FieldProblem, ...] = ()
    findings: tuple[Finding, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


log = structlog.get_logger(__name__)

Encoder = Callable[[Problem], Mapping[str, Any]]
"""Words a problem as a JSON body."""


class OwnErrorBody(BaseModel):
    """An error of a route that is no dialect's: a code for programs, a sentence for people."""

    error: str
    detail: str
    findings: list[dict[str, Any]] | None = None


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` of our own routes: these statuses, and those that any request can get."""
    return answers_of(OwnErrorBody, {*statuses, 400, 413, 422, 503})


def answers_of(body: type[BaseModel], statuses: Set[int]) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` of a route whose errors look like `body`, which `schemas_of` describes.

    FastAPI would build a validator of a model for each route, a third of all the time that an application takes to
    build; errors are never validated, so a reference is enough.
    """
    same = {"content": {"application/json": {"schema": {"$ref": _SCHEMAS.format(model=body.__name__)}}}}
    return dict.fromkeys(sorted(statuses), same)


def schemas_of(bodies: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Return how error bodies look, for the `components` of an OpenAPI document."""
    _, described = models_json_schema([(body, "serialization") for body in bodies], ref_template=_SCHEMAS)
    schemas: dict[str, Any] = described["$defs"]
    return schemas


def http_status(error: AntiphonError) -> int:
    """Return the HTTP status of an error: that of the nearest class in the table."""
    if isinstance(error, ProviderError) and error.retryable:
        return 503
    return next(HTTP_STATUS[each] for each in type(error).__mro__ if each in HTTP_STATUS)


def encode(problem: Problem) -> Mapping[str, Any]:
    """Word a problem as our own routes do: `{"error": code, "detail": message}`."""
    detail = problem.detail
    if problem.fields:
        detail = "; ".join(f"{'.'.join(map(str, each.loc))}: {each.msg}" for each in problem.fields)
    findings = {"findings": [asdict(each) for each in problem.findings]} if problem.findings else {}
    return {"error": problem.code, "detail": detail} | findings


def _own_status(_: str, problem: Problem) -> int:
    return problem.status


def install(
    app: FastAPI, encoder_of: Callable[[str], Encoder], status_of: Callable[[str, Problem], int] = _own_status
) -> None:
    """Answer every error in the words, and with the status, of the dialect of the request's path."""

    def answering(problem_of: Callable[[Exception], Problem]) -> Callable[[Request, Exception], Response]:
        def answer(request: Request, error: Exception) -> Response:
            problem = problem_of(error)
            body = encoder_of(request.url.path)(problem)
            return JSONResponse(body, status_of(request.url.path, problem), headers=dict(problem.headers))

        return answer

    app.add_exception_handler(AntiphonError, answering(_ours))
    app.add_exception_handler(RequestValidationError, answering(_invalid))
    app.add_exception_handler(HTTPException, answering(_http))
    app.add_exception_handler(DataError, answering(_unkeepable))
    for away in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(away, answering(_database_away))
    # Starlette raises it again for the server to log, once, with its traceback.
    app.add_exception_handler(Exception, answering(_unexpected))


def _ours(error: Exception) -> Problem:
    assert isinstance(error, AntiphonError)
    findings = error.findings if isinstance(error, FlowError) else ()
    return Problem(http_status(error), error.code, str(error), findings=findings, headers=_headers_of(error))


def _headers_of(error: AntiphonError) -> dict[str, str]:
    if isinstance(error, UnauthenticatedError):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, RateLimitedError):
        return {"Retry-After": str(max(1, round(error.retry_after_s)))}
    return {}


def _invalid(error: Exception) -> Problem:
    assert isinstance(error, RequestValidationError)
    fields = tuple(FieldProblem(tuple(each["loc"]), each["msg"], each["type"]) for each in error.errors())
    return Problem(422, "request.invalid", "The request is not as it must be.", fields=fields)


def _http(error: Exception) -> Problem:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, f"http.{error.status_code}")
    return Problem(error.status_code, code, error.detail, headers=error.headers or {})


def _unkeepable(_: Exception) -> Problem:
    """Say that a database cannot hold a value, such as a NUL in a text: whoever sent it must act."""
    return Problem(
        422, "input.unkeepable", "A value cannot be kept: a text with a NUL character, or a number too large."
    )


def _database_away(error: Exception) -> Problem:
    """Say that the database does not do its work just now; its own words are for the log only."""
    log.error("database_away", exc_info=error)
    return Problem(503, "database.away", "The server cannot do that just now; try again in a moment.", headers=_SOON)


def _unexpected(_: Exception) -> Problem:
    return Problem(500, "internal", "Something went wrong on our side.")
