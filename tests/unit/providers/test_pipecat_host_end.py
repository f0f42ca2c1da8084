"""How a host ends, on the virtual clock; its service hangs where services hang."""

import asyncio
from typing import Any

import pytest

from providers.pipecat_host.host import Host
from tests.support import virtual_time


class _Client:
    """An SDK's client, whose goodbye takes its time."""

    def __init__(self, takes_s: float) -> None:
        self._takes_s = takes_s
        self.closed_s: float | None = None

    async def close(self) -> None:
        await asyncio.sleep(self._takes_s)
        self.closed_s = asyncio.get_running_loop().time()


class _Service:
    def __init__(self, cleanup_s: float, client: _Client) -> None:
        self._cleanup_s, self._client = cleanup_s, client

    async def cleanup(self) -> None:
        await asyncio.sleep(self._cleanup_s)


@pytest.mark.parametrize(("cleanup_s", "goodbye_s"), [(0.0, 0.0), (9.0, 0.0), (0.0, 0.5), (9.0, 0.5)])
def test_it_ends_in_time_and_its_sockets_are_closed_however_long_that_takes(cleanup_s: float, goodbye_s: float) -> None:
    async def scenario() -> tuple[float, Any]:
        client = _Client(goodbye_s)
        host = Host(_Service(cleanup_s, client), "test")
        await host.aclose()
        ended_s = asyncio.get_running_loop().time()
        await asyncio.sleep(1.0)
        return ended_s, client.closed_s

    ended_s, closed_s = virtual_time.run(scenario())
    assert ended_s < 0.05
    assert closed_s is not None
    assert closed_s < 0.6
