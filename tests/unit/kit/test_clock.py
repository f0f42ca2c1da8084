import asyncio
import datetime

from kit.clock import Clock
from tests.support.virtual_time import run


def test_the_clock_is_that_of_the_running_loop() -> None:
    async def scenario() -> float:
        await asyncio.sleep(3600)
        return Clock().now_s()

    assert run(scenario()) == 3600


def test_calendar_time_is_aware_utc() -> None:
    assert Clock().utc().tzinfo is datetime.UTC
