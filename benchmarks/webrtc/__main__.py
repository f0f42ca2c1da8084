"""`python -m benchmarks.webrtc [--quick] [--calls 4,8,…] [--json FILE]`: calls over WebRTC per core.

Each server has one core, the callers another; all are called by the same driver with the same packets.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import httpx
import uvloop

from benchmarks.capacity.columns import PEERS_PYTHON
from benchmarks.report import machine, percentiles, table, write_json
from benchmarks.webrtc.callers import Caller, packets_of
from providers.fake.tts import buzz

_DRIVER_CORE, _SERVER_CORE = 1, 0
_SETTLE_S = 1.5
_GOOD_LATE_P99_MS, _FULL_CORE = 20.0, 0.95
_WHOLE = 49.5  # packets a second; fewer are a line that falls behind
_LOADS = (4, 8, 12, 16, 20, 25, 30, 35, 40, 50)
_TRIES = 3  # of a load that does not go well: others on the machine can spoil one


@dataclass(frozen=True, slots=True)
class Column:
    """One server: how it is started on a port."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured at one load; `late_p99_ms` is of packets, against most of the second around each."""

    calls: int
    connect_p50_ms: float | None
    cpu_ms_per_session_s: float
    core_share: float
    late_p99_ms: float | None
    packets_per_call_s: float
    mb_per_call: float

    @property
    def is_good(self) -> bool:
        """Whether everybody was served in time."""
        late_ms = self.late_p99_ms
        is_in_time = late_ms is not None and late_ms < _GOOD_LATE_P99_MS
        return is_in_time and self.core_share < _FULL_CORE and self.packets_per_call_s >= _WHOLE


_COLUMNS = (
    Column("antiphon, echo", (sys.executable, "-m", "benchmarks.webrtc.node", "{port}", "echo")),
    Column("antiphon, whole bot", (sys.executable, "-m", "benchmarks.webrtc.node", "{port}", "bot")),
    Column("aiortc, echo", (sys.executable, "-m", "benchmarks.peers.aiortc_echo", "{port}")),
    Column("pipecat SmallWebRTC, echo", (str(PEERS_PYTHON), "-m", "benchmarks.peers.pipecat_webrtc", "{port}")),
)


class _Server:
    """One server under way."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}"

    async def figures(self) -> dict[str, float]:
        """Ask what it has used so far."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        figures: dict[str, float] = json.loads(await self._process.stdout.readline())
        return figures


@asynccontextmanager
async def _running(column: Column) -> AsyncIterator[_Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["taskset", "-c", str(_SERVER_CORE), *(part.format(port=port) for part in column.command)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    server = _Server(process, port)
    try:
        async with httpx.AsyncClient(base_url=server.url) as http, asyncio.timeout(60):
            while True:
                try:
                    await http.get("/")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.2)
        yield server
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _point(server: _Server, http: httpx.AsyncClient, calls: int, seconds: float, packets: list[bytes]) -> Point:
    before = await server.figures()
    callers = [Caller(packets, 37 * i) for i in range(calls)]
    try:
        took_s = [await caller.connect(http) for caller in callers]
        await asyncio.sleep(_SETTLE_S)
        for caller in callers:
            caller.listen()
        begin = await server.figures()
        await asyncio.sleep(seconds)
        end = await server.figures()
        late_ms = [each for caller in callers for each in caller.late_ms()]
        came = sum(len(caller.arrived_s) for caller in callers)
    finally:
        for caller in callers:
            await caller.hang_up()
    cpu_s = end["cpu_s"] - begin["cpu_s"]
    return Point(
        calls,
        percentiles([1000 * each for each in took_s])["p50"],
        round(1000 * cpu_s / seconds / calls, 1),
        round(cpu_s / seconds, 3),
        percentiles(late_ms)["p99"],
        round(came / seconds / calls, 1),
        round((end["rss_mb"] - before["rss_mb"]) / calls, 2),
    )


async def _climb(column: Column, loads: tuple[int, ...], seconds: float) -> list[Point]:
    packets, points = packets_of(buzz(16_000 * 3, 16_000)), []
    async with _running(column) as server, httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        for calls in loads:
            for _ in range(_TRIES):
                points.append(await _point(server, http, calls, seconds, packets))
                await asyncio.sleep(1)
                if points[-1].is_good or points[-1].core_share >= _FULL_CORE:
                    break
            if not points[-1].is_good:
                break
    return points


@click.command()
@click.option("--quick", is_flag=True, help="One load for each server; under a minute.")
@click.option("--calls", help="Loads to try, such as 10,20,30.")
@click.option("--seconds", default=6.0, show_default=True, help="How long each load is measured.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the figures here.")
def main(quick: bool, calls: str | None, seconds: float, json_path: Path | None) -> None:
    """Measure how many calls over WebRTC a core holds, ours and others'."""
    os.sched_setaffinity(0, {_DRIVER_CORE})
    loads = tuple(int(each) for each in calls.split(",")) if calls else (4,) if quick else _LOADS
    print(json.dumps(machine()))
    measured: list[dict[str, Any]] = []
    for column in _COLUMNS:
        if not Path(column.command[0]).exists():
            print(f"{column.name}: not installed; `make bench-peers` installs it")
            continue
        points = uvloop.run(_climb(column, loads, 3.0 if quick else seconds))
        most = max((point.calls for point in points if point.is_good), default=0)
        print(f"\n{column.name}: {most} calls per core of those tried")
        print(table([{key: str(value) for key, value in asdict(point).items()} for point in points]), flush=True)
        measured.append({"name": column.name, "calls_per_core": most, "points": [asdict(point) for point in points]})
    if json_path:
        good = {"late_p99_ms": _GOOD_LATE_P99_MS, "core_share": _FULL_CORE}
        write_json(json_path, {"benchmark": "webrtc", "good": good, "columns": measured})


if __name__ == "__main__":
    main()
