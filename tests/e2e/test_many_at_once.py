"""The real server when 200 callers come within a second: who talks does not notice, and nothing leaks."""

import asyncio
import json
import os
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.caller.local_server import server_process

_FLOWS = Path(__file__).parents[2] / "examples" / "flows"
_PLACES = 4
_CALLERS = 200
_FRAME_S = 0.02
_HEARD_S = 0.2  # a stall beyond the lead and what a page buffers
_SETTLE_S = 20.0

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, psutil.Process]]:
    data_dir = str(tmp_path_factory.mktemp("data"))
    with server_process(_FLOWS, {"DATA_DIR": data_dir, "MAX_CALLS": str(_PLACES)}) as (address, pid):
        yield address, psutil.Process(pid)


def _ws(address: str) -> str:
    return address.replace("http", "ws") + "/ws?mode=flow&program_id=appointment-booking"


def _descriptors(process: psutil.Process) -> int:
    """Count open descriptors; a database's connections are pooled, and their number is bounded elsewhere."""
    links = [_target(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
    return len([to for to in links if to and not to.endswith((".db", ".db-wal", ".db-shm"))])


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed since it was listed
        return ""


def _active_calls(address: str) -> int:
    with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
        return int(json.load(answer)["active_calls"])


async def _listen_to_the_greeting(address: str, speaking: asyncio.Event) -> list[float]:
    """Return when each 20 ms frame of the greeting came, while sending silence as a microphone does."""
    loop = asyncio.get_running_loop()
    came: list[float] = []
    async with connect(_ws(address), compression=None) as ws, asyncio.TaskGroup() as tasks:

        async def microphone() -> None:
            while True:
                await ws.send(bytes(640))
                await asyncio.sleep(_FRAME_S)

        mic = tasks.create_task(microphone())
        async for message in ws:
            if isinstance(message, bytes):
                came.append(loop.time())
                speaking.set()
            elif json.loads(message).get("status") == "listening":
                break
        mic.cancel()
    return came


async def _knock(address: str, after_s: float) -> str:
    """Connect like any client; return how it went: `taken`, or the code of the refusal."""
    await asyncio.sleep(after_s)
    code = None
    async with connect(_ws(address), compression=None, open_timeout=30) as ws:
        try:
            async with asyncio.timeout(3.0):
                async for message in ws:
                    if isinstance(message, str) and (data := json.loads(message))["type"] == "error":
                        code = data["code"]
        except (TimeoutError, ConnectionClosed):
            pass
    return f"{code} {ws.close_code}" if code else "taken"


async def _storm(address: str) -> tuple[list[float], Counter[str]]:
    speaking = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        live = tasks.create_task(_listen_to_the_greeting(address, speaking))
        await speaking.wait()
        knocks = [tasks.create_task(_knock(address, i / _CALLERS)) for i in range(_CALLERS)]
    return live.result(), Counter(knock.result() for knock in knocks)


async def _quiet_again(address: str, process: psutil.Process, before: int) -> None:
    async with asyncio.timeout(_SETTLE_S):
        while await asyncio.to_thread(_active_calls, address) or _descriptors(process) > before:  # noqa: ASYNC110  not ours
            await asyncio.sleep(0.2)


async def test_a_crowd_is_turned_away_and_the_one_who_talks_does_not_notice(
    server: tuple[str, psutil.Process],
) -> None:
    address, process = server
    await asyncio.to_thread(_active_calls, address)
    await _storm(address)  # the first brings memory and threads to their level
    await _quiet_again(address, process, _descriptors(process))
    descriptors, threads, memory = _descriptors(process), process.num_threads(), process.memory_info().rss
    for _ in range(2):
        came, outcomes = await _storm(address)
        assert outcomes == {"taken": _PLACES - 1, "capacity.full 1013": _CALLERS - _PLACES + 1}
        late_s = max(at_s - came[0] - i * _FRAME_S for i, at_s in enumerate(came))
        assert len(came) > 100
        assert late_s < _HEARD_S, "the greeting stuttered"
        await _quiet_again(address, process, descriptors)
    assert process.num_threads() <= threads + 1, os.cpu_count()
    assert process.memory_info().rss - memory < 16 * 1024 * 1024
