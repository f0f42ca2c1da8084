"""The control plane on each engine."""

from collections.abc import AsyncIterator

import pytest

from tests.support.control_lab import Lab, opened_lab


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    """A server that others can reach."""
    async with opened_lab(database_url) as lab:
        yield lab


@pytest.fixture
async def local_lab(database_url: str) -> AsyncIterator[Lab]:
    """A server on loopback, and a client at the same machine."""
    async with opened_lab(database_url, on_loopback=True) as lab:
        yield lab
