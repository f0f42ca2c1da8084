"""Requests made up from the OpenAPI document: whatever comes, the answer is one that the document declares.

A plan of a few requests for each route, the same at each run: it is a complement to `cases.yaml`, not a search.
"""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server import drain
from server.identity import make_local_account
from storage.engine import Database
from tests.support.control_lab import build_lab
from tests.support.databases import sqlite_template

__all__ = ["sqlite_template"]

EXAMPLES = 6
SHARES = 8  # of the routes, one test each: none comes near its time limit on a busy machine
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# What its public API documents as a 500; all other server errors are bugs.
DOCUMENTED = {"POST /api/call/create_call": (500, "No phone number to call from is set up.")}


@pytest.fixture(scope="module")
def address(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the control plane to its own machine, which needs no credential."""
    file = shutil.copy(sqlite_template, tmp_path_factory.mktemp("fuzzed") / "fuzzed.db")
    database = Database(f"sqlite:///{file}")
    lab = build_lab(database, on_loopback=True)
    server = uvicorn.Server(uvicorn.Config(lab.app, log_config=None, lifespan="off"))

    async def serve(listener: Any) -> None:
        await make_local_account(database, lab.clock)
        await server.serve([listener])
        await database.close()

    with drain.listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(serve(listener)))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def _plan(operation: Any, address: str, mode: GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case[Any]) -> None:
        response = case.call(base_url=address)
        told = response.status_code, response.json().get("detail") if response.status_code == 500 else None
        documented = told == DOCUMENTED.get(operation.label)
        case.validate_response(response, checks=CHECKS[1:] if documented else CHECKS)

    check()


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_route_answers_what_it_declares(address: str, mode: GenerationMode, share: int) -> None:
    document = httpx.get(f"{address}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    failures = []
    for result in list(schema.get_all_operations())[share::SHARES]:
        assert isinstance(result, Ok), result
        operation = result.ok()
        try:
            _plan(operation, address, mode)
        except Unsatisfiable:
            continue  # nothing that it takes can be wrong
        except (FailureGroup, Failure) as error:
            failures.append(f"{operation.label}: {error}")
    assert not failures, "\n\n".join(failures)
