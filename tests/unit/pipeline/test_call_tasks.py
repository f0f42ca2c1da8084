"""Tasks of a call: they end with it, whatever they do."""

import asyncio
from collections.abc import AsyncGenerator

from structlog.testing import capture_logs

from pipeline.call_tasks import ROUND_S, ROUNDS, CallTasks
from pipeline.ports import AS_MADE, SpeakOptions, WordTimes
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.tts import FakeTts
from tests.support import virtual_time
from tests.support.call_lab import Lab, Setup, call
from tests.unit.pipeline.test_session import FLOW


async def _clings(seconds: float) -> None:
    """Swallow every cancellation for so long."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + seconds
    while loop.time() < until_s:
        try:
            await asyncio.sleep(until_s - loop.time())
        except asyncio.CancelledError:
            continue


def test_a_task_that_swallows_its_cancellation_is_given_up_by_name() -> None:
    async def scenario() -> float:
        tasks = CallTasks(lambda: None)
        clinging = tasks.spawn(_clings(60))
        await asyncio.sleep(1)
        await tasks.end()
        ended_s = asyncio.get_running_loop().time()
        await clinging
        return ended_s

    with capture_logs() as logs:
        ended_s = virtual_time.run(scenario())
    assert ended_s == 1 + ROUNDS * ROUND_S
    assert [(entry["event"], entry["task"]) for entry in logs] == [("task_abandoned", "_clings")]


def test_a_task_that_hangs_once_more_is_told_again() -> None:
    async def scenario() -> float:
        tasks = CallTasks(lambda: None)
        clinging = tasks.spawn(_clings(1.7))
        await asyncio.sleep(1)
        await tasks.end()
        assert clinging.done()
        return asyncio.get_running_loop().time()

    assert virtual_time.run(scenario()) == 1.7


def test_a_task_that_breaks_says_so_and_leaves_the_others() -> None:
    broken: list[float] = []

    async def breaks() -> None:
        await asyncio.sleep(1)
        raise ValueError("broken")

    async def scenario() -> None:
        tasks = CallTasks(lambda: broken.append(asyncio.get_running_loop().time()))
        tasks.spawn(breaks())
        other = tasks.spawn(asyncio.sleep(2))
        await other
        await tasks.end()

    virtual_time.run(scenario())
    assert broken == [1.0]


def test_a_call_ends_though_its_voice_swallows_cancellation() -> None:
    class Clings(FakeTts):
        async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
            await _clings(60)
            yield b""

    async def scenario(lab: Lab) -> None:
        await lab.quiet(3)

    report, leg = call(Setup(FLOW, tts=Clings()), scenario, leaves_tasks=True)
    assert report.end_reason == "scenario_over"
    assert report.duration_s <= 3 + ROUNDS * ROUND_S + 0.1
    assert leg.statuses()[-1][1] == "ended"


def test_a_call_ends_though_its_recogniser_swallows_cancellation() -> None:
    class Clings(FakeSttStream):
        async def aclose(self) -> None:
            await super().aclose()
            await _clings(60)

    class ClingingStt(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await super().open(language)
            return Clings(self)

    async def scenario(lab: Lab) -> None:
        await lab.quiet(1)

    report, leg = call(Setup(FLOW, stt=ClingingStt([])), scenario, leaves_tasks=True)
    assert report.duration_s < 4
    assert leg.statuses()[-1][1] == "ended"


def test_a_call_whose_voice_breaks_for_good_ends_with_the_reason() -> None:
    class Breaks(FakeTts):
        async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
            raise ValueError("a bug")
            yield b""

    async def scenario(lab: Lab) -> None:
        await lab.quiet(3)

    report, leg = call(Setup(FLOW, tts=Breaks()), scenario)
    assert report.end_reason == "internal"
    assert leg.statuses()[-1][1] == "ended"
