"""The one table from our errors to HTTP, and the one shape of an error body."""

import dataclasses
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flows.load import FlowError
from kit.errors import (
    AntiphonError,
    CapacityError,
    ConfigError,
    InputError,
    InsufficientCreditsError,
    NotFoundError,
    ProtocolError,
    ProviderError,
)

HTTP_STATUS: dict[type[AntiphonError], int] = {
    AntiphonError: 500,
    InputError: 422,
    NotFoundError: 404,
    InsufficientCreditsError: 402,
    ProtocolError: 400,
    ConfigError: 500,
    CapacityError: 503,
    ProviderError: 502,
}
_HTTP_CODES = {401: "auth.required", 404: "route.not_found", 405: "route.method_not_allowed"}


def http_status(error: AntiphonError) -> int:
    """Return the HTTP status of an error: that of the nearest class in the table."""
    if isinstance(error, ProviderError) and error.retryable:
        return 503
    return next(HTTP_STATUS[each] for each in type(error).__mro__ if each in HTTP_STATUS)


def install(app: FastAPI) -> None:
    """Answer every error in one shape: `{"error": code, "detail": message}`."""
    app.add_exception_handler(AntiphonError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, AntiphonError)
    body: dict[str, Any] = {"error": error.code, "detail": str(error)}
    if isinstance(error, FlowError):
        body["findings"] = [dataclasses.asdict(each) for each in error.findings]
    return JSONResponse(body, http_status(error))


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    return JSONResponse({"error": "request.invalid", "detail": "; ".join(problems)}, 422)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, f"http.{error.status_code}")
    return JSONResponse({"error": code, "detail": error.detail}, error.status_code, headers=error.headers)


async def _unexpected(_: Request, __: Exception) -> Response:
    # Starlette raises it again for the server to log, once, with its traceback.
    return JSONResponse({"error": "internal", "detail": "Something went wrong on our side."}, 500)
