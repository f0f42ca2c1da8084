"""What a measured process says of itself: processor time, memory, how late its event loop is. Standard library only.

Every server of this benchmark runs it, ours and the peers', so that all are measured alike. It answers each line on
standard input with one line of JSON.
"""

import asyncio
import json
import os
import resource
import sys
import time

_TICK_S = 0.01


class Meter:
    """Watches the loop that it runs on."""

    def __init__(self) -> None:
        self._lags_s: list[float] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; the process ends with its driver, so nothing stops it."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._watch()), loop.create_task(self._answer())]

    async def _watch(self) -> None:
        """Note how late a 10 ms timer is."""
        due_s = time.perf_counter()  # a loop's own clock may tick in milliseconds
        while True:
            due_s = max(due_s, time.perf_counter() - _TICK_S) + _TICK_S
            await asyncio.sleep(due_s - time.perf_counter())
            self._lags_s.append(time.perf_counter() - due_s)

    async def _answer(self) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while await reader.readline():
            sys.stdout.write(json.dumps(self._figures()) + "\n")
            sys.stdout.flush()
        os._exit(0)  # the driver has gone

    def _figures(self) -> dict[str, float]:
        lags, self._lags_s = sorted(self._lags_s), []
        usage = resource.getrusage(resource.RUSAGE_SELF)
        with open("/proc/self/statm") as statm:
            resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return {
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "rss_mb": resident / 2**20,
            "lag_p99_ms": 1000 * lags[int(len(lags) * 0.99)] if lags else 0.0,
        }
