"""The control plane without a disk or a network: no test here reaches the database."""

from collections.abc import AsyncIterator

import pytest

from storage.engine import Database
from tests.support.control_lab import CALL_ID, Lab, build_lab

__all__ = ["CALL_ID", "Api"]

Api = Lab


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """The API of a server on loopback."""
    lab = build_lab(Database("sqlite:///never-opened.db"), on_loopback=True)

    @lab.app.get("/planted")
    def planted() -> None:
        raise ZeroDivisionError("a secret of ours")

    async with lab.http:
        yield lab


@pytest.fixture
async def public_api() -> AsyncIterator[Api]:
    """The API of a server that others can reach."""
    lab = build_lab(Database("sqlite:///never-opened.db"))
    async with lab.http:
        yield lab
