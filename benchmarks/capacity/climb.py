"""Step up the load on one server until it no longer keeps its deadlines."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

from benchmarks.capacity.callers import AsteriskWire, Caller, PvpWire, TwilioWire, Wire, talk
from benchmarks.capacity.columns import Column

SERVER_CORE, DRIVER_CORE = 0, 1
GOOD_LATE_P99_MS, GOOD_OVER_20_MS_SHARE = 10.0, 0.001
_HOPELESS_P99_MS = 150.0
_HOPELESS_CORE = 0.97
_START_S = 60.0
_APART_S = 0.02  # between two new calls
_SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Point:
    """One load; shares are of 1.

    Attributes:
        answers_per_call_minute: Shows that the bot did its work.
        driver_late_p99_ms: Shows that the load did.
        lost: Calls that the server dropped.
    """

    calls: int
    late_p50_ms: float
    late_p99_ms: float
    late_over_5ms_share: float
    late_over_10ms_share: float
    late_over_20ms_share: float
    drift_p99_ms: float
    loop_lag_p99_ms: float
    core_share: float
    cpu_ms_per_session_s: float
    mb_per_call: float
    frames: int
    answers_per_call_minute: float
    driver_late_p99_ms: float
    lost: int

    @property
    def good(self) -> bool:
        """Return whether nobody would hear a difference."""
        on_time = self.late_p99_ms < GOOD_LATE_P99_MS and self.late_over_20ms_share < GOOD_OVER_20_MS_SHARE
        return on_time and not self.lost and self.frames > 0

    @property
    def nearly_good(self) -> bool:
        """Return whether a few stalls less would make it good."""
        return not self.good and not self.hopeless and self.late_p99_ms < 2 * GOOD_LATE_P99_MS

    @property
    def hopeless(self) -> bool:
        """Return whether more calls can only be worse."""
        return self.late_p99_ms > _HOPELESS_P99_MS or self.core_share > _HOPELESS_CORE or self.lost > 0


class Server:
    """A process; from `pin` on it has a core of its own."""

    def __init__(self, column: Column) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process = subprocess.Popen(
            column.command(self.port),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE, DRIVER_CORE}),
            text=True,
        )

    async def ready(self) -> None:
        """Wait until it takes connections, then pin it.

        Raises:
            RuntimeError: It ended, or took too long.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + _START_S
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError as error:
                if self._process.poll() is not None or loop.time() > until_s:
                    raise RuntimeError(f"{self._process.args!r} did not start") from error
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
        for thread in os.listdir(f"/proc/{self._process.pid}/task"):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread), {SERVER_CORE})

    async def figures(self) -> dict[str, float]:
        """Return processor time, memory and loop lag since the last question."""
        to, back = _pipes(self._process)
        to.write("\n")
        to.flush()
        answer: dict[str, float] = json.loads(await asyncio.to_thread(back.readline))
        return answer

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait(10)


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


@contextlib.asynccontextmanager
async def running(columns: Sequence[Column]) -> AsyncIterator[list[Server]]:
    """Start the servers of `columns` and wait until all are ready; they are killed at the end."""
    servers = [Server(column) for column in columns]
    try:
        for server in servers:
            await server.ready()
        yield servers
    finally:
        for server in servers:
            server.stop()


@dataclass
class Climb:
    """The calls of one column; more are added step by step.

    Attributes:
        measured_s: How long each load is measured.
    """

    server: Server
    wire: Wire
    cycle_length: int
    measured_s: float
    settle_s: float = _SETTLE_S

    def __post_init__(self) -> None:
        self.callers: list[Caller] = []
        self._base_mb = 0.0

    async def begin(self) -> None:
        """Place one call, so that models are loaded, then take the memory as it is without calls."""
        await self._connect(1)
        await talk(self.callers, self.cycle_length, 1.0)
        self._base_mb = (await self.server.figures())["rss_mb"]

    async def point(self, calls: int) -> Point:
        """Bring the load to `calls` and measure it."""
        for caller in self.callers[calls:]:
            caller.hang_up()
        del self.callers[calls:]
        await self._connect(calls - len(self.callers))
        await talk(self.callers, self.cycle_length, self.settle_s)
        for caller in self.callers:
            caller.forget()
        start = await self.server.figures()
        driver_late_s = await talk(self.callers, self.cycle_length, self.measured_s)
        end = await self.server.figures()
        return self._point(end["cpu_s"] - start["cpu_s"], end, driver_late_s)

    def hang_up(self) -> None:
        """End all calls."""
        for caller in self.callers:
            caller.hang_up()

    def _point(self, cpu_s: float, end: dict[str, float], driver_late_s: float) -> Point:
        calls = len(self.callers)
        late_ms = _ms([caller.late_s for caller in self.callers])
        answers = sum(caller.answers for caller in self.callers)
        return Point(
            calls,
            late_p50_ms=round(float(np.percentile(late_ms, 50)), 2),
            late_p99_ms=round(float(np.percentile(late_ms, 99)), 2),
            late_over_5ms_share=_share(late_ms, 5),
            late_over_10ms_share=_share(late_ms, 10),
            late_over_20ms_share=_share(late_ms, 20),
            drift_p99_ms=round(float(np.percentile(_ms([caller.drift_s for caller in self.callers]), 99)), 1),
            loop_lag_p99_ms=round(end["lag_p99_ms"], 2),
            core_share=round(cpu_s / self.measured_s, 3),
            cpu_ms_per_session_s=round(1000 * cpu_s / self.measured_s / calls, 2),
            mb_per_call=round(max(0.0, end["rss_mb"] - self._base_mb) / max(1, calls - 1), 3),
            frames=sum(len(caller.late_s) for caller in self.callers),
            answers_per_call_minute=round(answers / calls * 60 / self.measured_s, 1),
            driver_late_p99_ms=round(1000 * driver_late_s, 2),
            lost=sum(caller.lost for caller in self.callers),
        )

    async def _connect(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, caller = await loop.create_connection(lambda: Caller(self.wire), "127.0.0.1", self.server.port)
            self.callers.append(caller)
            await talk(self.callers, self.cycle_length, _APART_S)  # those who are there already talk on


def wire_of(name: str) -> tuple[Wire, int]:
    """Return how to speak on the wire of this name, and the length of its cycle in frames."""
    wire = {"pvp": PvpWire, "twilio": TwilioWire, "asterisk": AsteriskWire}[name]()
    return wire, len(wire.cycle)


def highest_good(points: Sequence[Point]) -> int:
    """Return the largest load that was carried well, 0 if none was."""
    return max((point.calls for point in points if point.good), default=0)


def between(points: Sequence[Point]) -> int | None:
    """Return the load halfway between the best that went well and the next that did not, if there is room."""
    good = highest_good(points)
    bad = min((point.calls for point in points if not point.good and point.calls > good), default=None)
    return None if bad is None or bad - good < max(2, good // 12) else (good + bad) // 2


def _ms(parts: list[list[float]]) -> npt.NDArray[np.float64]:
    whole = np.array([value for part in parts for value in part])
    return 1000 * whole if len(whole) else np.zeros(1)


def _share(late_ms: npt.NDArray[np.float64], limit_ms: float) -> float:
    return round(float((late_ms > limit_ms).mean()), 5)
