"""A small pool of threads in which all models of the process run, the most urgent first."""

import asyncio
import contextlib
import enum
import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, TypeVarTuple

from kit.errors import ProviderError
from kit.threads import step_back

_MAX_QUEUED = 64

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class Priority(enum.IntEnum):
    """What goes first; equals go in order of arrival.

    The beginning of an answer leads: someone waits in silence for it and it is the shortest work there is (about
    50 ms), so no one else's wait grows much. Further sentences are made while earlier ones play and can wait.
    """

    FIRST_SPEECH = 0
    FINAL = 1
    END_OF_TURN = 2
    SPEECH = 3
    SECOND_OPINION = 4
    PARTIAL = 5


class BusyError(ProviderError):
    """The pool refuses work; ask again later."""

    code = "provider.busy"

    def __init__(self, message: str) -> None:
        """Say what is full."""
        super().__init__("embedded", message, retryable=True)


@dataclass(order=True, slots=True)
class _Job:
    priority: Priority
    order: int
    work: Callable[[], Any] = field(compare=False)
    loop: asyncio.AbstractEventLoop = field(compare=False)
    done: asyncio.Future[Any] = field(compare=False)


class InferencePool:
    """Runs blocking work in its own threads and gives the result to the event loop.

    At most 64 jobs wait; a partial reading is refused at once if anything waits or if it would take the last free
    thread, since the next one will say more anyway.
    """

    def __init__(self, workers: int = 2) -> None:
        """Start `workers` threads."""
        assert workers >= 1
        self._busy_for_partials = max(1, workers - 1)
        self._state = threading.Condition()
        self._queue: list[_Job] = []
        self._running = 0
        self._closed = False
        self._order = itertools.count()
        self._threads = [threading.Thread(target=self._serve, name=f"inference-{n}") for n in range(workers)]
        for thread in self._threads:
            thread.start()

    @property
    def queued(self) -> int:
        """Return how many jobs wait."""
        return len(self._queue)

    async def run(self, priority: Priority, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Return `work(*arguments)`, done in a thread. Cancelling drops it if it has not begun.

        Raises:
            BusyError: Too much waits already, or the pool is closed.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()
        job = _Job(priority, next(self._order), lambda: work(*arguments), loop, done)
        self._submit(job)
        try:
            return await done
        except asyncio.CancelledError:
            self._withdraw(job)
            raise

    def close(self) -> None:
        """Refuse new work, fail what waits and join the threads; blocks while a decode runs. May be called twice."""
        with self._state:
            self._closed = True
            waiting, self._queue = self._queue, []
            self._state.notify_all()
        for job in waiting:
            _settle(job, None, BusyError("is closed"))
        for thread in self._threads:
            thread.join()

    def _submit(self, job: _Job) -> None:
        with self._state:
            if self._closed:
                raise BusyError("is closed")
            if len(self._queue) >= _MAX_QUEUED:
                raise BusyError("has too much to do")
            if job.priority is Priority.PARTIAL and (self._queue or self._running >= self._busy_for_partials):
                raise BusyError("has no room for a partial reading")
            heapq.heappush(self._queue, job)
            self._state.notify()

    def _withdraw(self, job: _Job) -> None:
        with self._state:
            if job in self._queue:
                self._queue.remove(job)
                heapq.heapify(self._queue)

    def _take(self) -> _Job | None:
        with self._state:
            self._state.wait_for(lambda: self._queue or self._closed)
            if not self._queue:
                return None
            self._running += 1
            return heapq.heappop(self._queue)

    def _serve(self) -> None:
        step_back()
        while job := self._take():
            result, failure = None, None
            try:
                result = job.work()
            except BaseException as error:  # noqa: BLE001  one request ends here: whoever awaits it gets the error
                failure = error
            with self._state:
                self._running -= 1
            _settle(job, result, failure)
            del job, result, failure  # a waiting thread must not keep the last audio alive


def _settle(job: _Job, result: Any, failure: BaseException | None) -> None:
    def deliver() -> None:
        if job.done.done():
            return
        if failure is None:
            job.done.set_result(result)
        else:
            job.done.set_exception(failure)

    with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
        job.loop.call_soon_threadsafe(deliver)
