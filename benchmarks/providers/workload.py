"""What is said and heard, by us and by the peers. Standard library only."""

import asyncio
import json
import resource
import time
from collections.abc import Awaitable, Callable

SENTENCE = "Good morning, and welcome to the harbour office."
SENTENCE_S = 2.4  # the stand-ins speak 20 letters a second
RATE_HZ = 16_000
FRAME_S = 0.02
FRAME = b"\x10\x27\xf0\xd8" * 160  # 20 ms of sound
TURN_S = 2.0
VOICE = "71a7ad14-091c-4e8e-a314-022ece01c121"  # of tests.support.vendors.cartesia
_SETTLE_S = 1.0


async def every(period_s: float, seconds: float, work: Callable[[int], Awaitable[None]]) -> None:
    """Do `work` every `period_s`, by absolute deadlines, for `seconds`."""
    due_s = time.perf_counter()
    for number in range(round(seconds / period_s)):
        await work(number)
        due_s += period_s
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))


async def measured(sessions: int, seconds: float, work: Awaitable[None]) -> str:
    """Run `work`, which lasts `seconds` and some; return the processor time of a session-second as JSON."""
    running = asyncio.ensure_future(work)
    await asyncio.sleep(_SETTLE_S)
    began_s, began_cpu_s = time.perf_counter(), _cpu_s()
    await asyncio.sleep(seconds - _SETTLE_S)
    spent_s, lasted_s = _cpu_s() - began_cpu_s, time.perf_counter() - began_s
    await running
    return json.dumps({"cpu_ms_per_session_s": round(spent_s * 1000 / lasted_s / sessions, 2)})


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
