"""Reads bodies as people send them: JSON, forms, bare YAML, and JSON that says it is something else.

`curl -d '{…}'` calls its JSON a form; `curl -F yaml_content=<flow.yaml` sends a multipart form; some clients say
nothing.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request

_Body = TypeVar("_Body", bound=BaseModel)
_YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/vnd.yaml"})


def body_of(model: type[_Body]) -> Callable[[Request], Any]:
    """Return a dependency that reads a `model` from a request's body.

    Raises:
        RequestValidationError: The body is none.
    """

    async def read(request: Request) -> _Body:
        return _valid(model, await _fields(request))

    return read


async def json_object(request: Request) -> Mapping[str, Any]:
    """Read a JSON object, whatever the request calls it.

    Raises:
        RequestValidationError: The body is none.
    """
    value = _json(await request.body())
    if not isinstance(value, dict):
        raise _invalid("dict_type", "Input should be a valid dictionary")
    return value


def request_body(model: type[BaseModel], *, forms: bool = True) -> dict[str, Any]:
    """Return `openapi_extra=` of a route that reads its body so."""
    schema = model.model_json_schema()
    types = ["application/json", *(["multipart/form-data", "application/x-www-form-urlencoded"] if forms else [])]
    return {"requestBody": {"required": True, "content": {each: {"schema": schema} for each in types}}}


async def _fields(request: Request) -> Any:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        return await _multipart(request)
    body = await request.body()
    if content_type in _YAML:
        return {"name": request.query_params.get("name"), "yaml_content": _text(body)}
    if content_type == "application/x-www-form-urlencoded" and not body.lstrip().startswith(b"{"):
        return {name: values[-1] for name, values in parse_qs(_text(body), keep_blank_values=True).items()}
    return _json(body)


async def _multipart(request: Request) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    async with request.form(max_files=4, max_fields=16) as form:
        for name, value in form.multi_items():
            fields[name] = _text(await value.read()) if isinstance(value, UploadFile) else value
    return fields


def _json(body: bytes) -> Any:
    if not body:
        raise _invalid("missing", "Field required")
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # no half characters, no NaN
    except json.JSONDecodeError as error:
        raise _invalid("json_invalid", "JSON decode error", error.pos) from error
    except (ValueError, RecursionError) as error:
        raise _invalid("json_invalid", "JSON decode error") from error
    return value


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _invalid("string_unicode", "Input should be UTF-8 text", error.start) from error


def _valid(model: type[_Body], fields: Any) -> _Body:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in problems]) from error


def _invalid(kind: str, message: str, *place: int) -> RequestValidationError:
    return RequestValidationError([{"type": kind, "loc": ("body", *place), "msg": message}])
