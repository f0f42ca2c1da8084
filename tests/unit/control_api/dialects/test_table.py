"""No path has two takers unless the table says how that is settled."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import WebSocketRoute, compile_path

from control_api.dialects.table import SETTLED, encoder_for, is_public
from control_api.errors import Problem
from server.app import build_app
from server.call_log import CallLog
from server.identity import build_identity
from server.settings import load_settings
from storage.engine import Database
from tests.support.echo_server import OneFlow
from tests.support.fake_call import EchoCalls
from transports.live import LiveCalls

_IN_DETAIL = ("/v1/", "/auth/", "/api/v1/", "/api/call/", "/billing/")


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """The whole application."""
    settings = load_settings(data_dir=tmp_path, flows_dir=tmp_path)
    identity = build_identity(settings, Database(settings.database_address))
    return build_app(settings, EchoCalls(), OneFlow(), CallLog(tmp_path), LiveCalls(), identity, OneFlow())


def _routes(app: FastAPI) -> list[tuple[str, str, re.Pattern[str]]]:
    """Return method, path and pattern of each route; a WebSocket has the method WS."""
    found = []
    for route in iter_route_contexts(app.routes):
        assert route.path is not None
        methods = ["WS"] if isinstance(route.original_route, WebSocketRoute) else sorted(route.methods or ())
        pattern = compile_path(route.path)[0]
        found += [(method, route.path, pattern) for method in methods if method != "HEAD"]
    return found


def _clashes(app: FastAPI) -> set[tuple[str, str]]:
    """Return each method and path that another route would take as well."""
    routes = _routes(app)
    return {
        (method, path)
        for index, (method, path, _) in enumerate(routes)
        for other, (other_method, _, pattern) in enumerate(routes)
        if other != index and other_method == method and pattern.match(re.sub(r"{.*?}", "x", path))
    }


def test_no_path_has_two_takers_that_the_table_does_not_name(app: FastAPI) -> None:
    assert _clashes(app) == SETTLED.keys()


def test_a_second_taker_is_found(app: FastAPI) -> None:
    @app.get("/auth/{anything}")
    def planted(anything: str) -> None:
        """Want what is not ours."""

    assert ("GET", "/auth/api-keys") in _clashes(app)


def test_every_path_of_a_dialect_is_answered_in_its_words(app: FastAPI) -> None:
    problem = Problem(404, "route.not_found", "Not Found")
    worded = {path: encoder_for(path)(problem) for _, path, _ in _routes(app)}
    in_detail = {path for path, body in worded.items() if body == {"detail": "Not Found"}}
    assert in_detail == {path for path in worded if path.startswith(_IN_DETAIL)}


@pytest.mark.parametrize(
    ("path", "public"),
    [("/v1/flows", True), ("/auth/login", True), ("/health", True), ("/calls", False), ("/v1x", False), ("/", False)],
)
def test_pages_of_other_sites_may_use_the_public_apis_only(path: str, public: bool) -> None:
    assert is_public(path) is public
