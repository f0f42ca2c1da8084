import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from control_api.errors import HTTP_STATUS, encode, http_status, install
from flows.findings import Finding
from flows.load import FlowError
from kit import errors
from kit.errors import AntiphonError, NotFoundError, ProviderError

PACKAGES = ("kit", "flows", "pipeline", "transports", "control_api")


def _subclasses(kind: type[AntiphonError]) -> Iterator[type[AntiphonError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


@pytest.fixture(scope="module")
def all_errors() -> list[type[AntiphonError]]:
    """Every error class of ours, once its module has been imported."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    return [AntiphonError, *_subclasses(AntiphonError)]


def test_each_error_of_the_kit_has_a_status_of_its_own_choice() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, AntiphonError)]
    assert [kind.__name__ for kind in kinds if kind not in HTTP_STATUS] == []


def test_every_error_class_has_a_status_and_a_code_of_its_own(all_errors: list[type[AntiphonError]]) -> None:
    codes = [kind.code for kind in all_errors]
    assert sorted(set(codes)) == sorted(codes)
    for kind in all_errors:
        error = AntiphonError.__new__(kind)
        if isinstance(error, ProviderError):
            error.retryable = False
        assert 400 <= http_status(error) < 600


def test_a_subclass_is_answered_like_its_nearest_class() -> None:
    class NoSuchCall(NotFoundError):
        code = "test.no_such_call"

    assert http_status(NoSuchCall("x")) == 404


def test_an_upstream_failure_that_may_pass_is_503() -> None:
    assert http_status(ProviderError("stt", "busy", retryable=True)) == 503
    assert http_status(ProviderError("stt", "refused", retryable=False)) == 502


async def test_a_broken_flow_is_answered_with_its_findings() -> None:
    finding = Finding("states.a", 3, 7, "error", "check.unknown_target", "unknown target")
    app = FastAPI()
    install(app, lambda _: encode)

    @app.get("/")
    async def broken() -> None:
        raise FlowError("Flow validation failed.", (finding,), code="flow.check_failed")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        response = await http.get("/")
    assert response.status_code == 422
    assert response.json() == {
        "error": "flow.check_failed",
        "detail": "Flow validation failed.",
        "findings": [dataclasses.asdict(finding)],
    }
