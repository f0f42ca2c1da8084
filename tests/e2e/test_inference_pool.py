import asyncio
import threading
from collections.abc import Iterator

import pytest

from providers.embedded.inference import BusyError, InferencePool, Priority


@pytest.fixture
def pool() -> Iterator[InferencePool]:
    made = InferencePool(1)
    yield made
    made.close()


class Blocker:
    """Work that holds a thread until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.go.wait(5)


async def test_the_most_urgent_goes_first_and_equals_in_order(pool: InferencePool) -> None:
    blocker, order = Blocker(), list[str]()
    async with asyncio.TaskGroup() as group:
        group.create_task(pool.run(Priority.PARTIAL, blocker))
        await asyncio.to_thread(blocker.begun.wait, 5)
        for name, priority in [
            ("opinion", Priority.SECOND_OPINION),
            ("later speech", Priority.SPEECH),
            ("turn", Priority.END_OF_TURN),
            ("final 1", Priority.FINAL),
            ("final 2", Priority.FINAL),
            ("first speech", Priority.FIRST_SPEECH),
        ]:
            group.create_task(pool.run(priority, order.append, name))
        await asyncio.sleep(0)  # lets each hand in its work
        blocker.go.set()
    assert order == ["first speech", "final 1", "final 2", "turn", "later speech", "opinion"]


async def test_cancelled_work_that_has_not_begun_is_never_done(pool: InferencePool) -> None:
    blocker, order = Blocker(), list[str]()
    async with asyncio.TaskGroup() as group:
        group.create_task(pool.run(Priority.FINAL, blocker))
        await asyncio.to_thread(blocker.begun.wait, 5)
        dropped = group.create_task(pool.run(Priority.FINAL, order.append, "dropped"))
        group.create_task(pool.run(Priority.FINAL, order.append, "kept"))
        await asyncio.sleep(0)
        dropped.cancel()
        await asyncio.wait({dropped})
        assert pool.queued == 1
        blocker.go.set()
    assert order == ["kept"]


async def test_a_partial_is_refused_while_the_pool_is_busy(pool: InferencePool) -> None:
    blocker = Blocker()
    async with asyncio.TaskGroup() as group:
        group.create_task(pool.run(Priority.FINAL, blocker))
        await asyncio.to_thread(blocker.begun.wait, 5)
        with pytest.raises(BusyError):
            await pool.run(Priority.PARTIAL, int)
        blocker.go.set()


async def test_a_partial_never_takes_the_last_free_thread() -> None:
    pool, blocker = InferencePool(2), Blocker()
    async with asyncio.TaskGroup() as group:
        group.create_task(pool.run(Priority.PARTIAL, blocker))
        await asyncio.to_thread(blocker.begun.wait, 5)
        with pytest.raises(BusyError):
            await pool.run(Priority.PARTIAL, int)
        assert await pool.run(Priority.FINAL, int) == 0
        blocker.go.set()
    pool.close()


async def test_the_queue_is_bounded(pool: InferencePool) -> None:
    blocker = Blocker()
    async with asyncio.TaskGroup() as group:
        group.create_task(pool.run(Priority.FINAL, blocker))
        await asyncio.to_thread(blocker.begun.wait, 5)
        for _ in range(64):
            group.create_task(pool.run(Priority.FINAL, int))
        await asyncio.sleep(0)
        with pytest.raises(BusyError) as caught:
            await pool.run(Priority.FINAL, int)
        assert caught.value.retryable
        blocker.go.set()


async def test_an_error_reaches_the_one_who_waits_and_the_thread_lives_on(pool: InferencePool) -> None:
    with pytest.raises(ZeroDivisionError):
        await pool.run(Priority.FINAL, divmod, 1, 0)
    assert await pool.run(Priority.FINAL, divmod, 7, 2) == (3, 1)


async def test_closing_ends_all_threads_and_fails_what_waits() -> None:
    before = threading.active_count()
    pool, blocker = InferencePool(2), Blocker()
    assert threading.active_count() == before + 2
    running = [asyncio.ensure_future(pool.run(Priority.FINAL, blocker)) for _ in range(2)]
    await asyncio.to_thread(blocker.begun.wait, 5)
    waiting = [asyncio.ensure_future(pool.run(Priority.FINAL, int)) for _ in range(2)]
    await asyncio.sleep(0)
    threading.Timer(0.05, blocker.go.set).start()
    pool.close()
    pool.close()
    results = await asyncio.gather(*running, *waiting, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), type(None), BusyError, BusyError]
    with pytest.raises(BusyError):
        await pool.run(Priority.FINAL, int)
