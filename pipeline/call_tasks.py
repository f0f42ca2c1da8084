"""The tasks of one call: they end with it, and none can keep it from ending."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger()

ROUND_S = 0.5  # what is being thrown away may take so long
ROUNDS = 4  # and is told so often

Work = Coroutine[Any, Any, None]


class CallTasks:
    """Owns a call's tasks as an `asyncio.TaskGroup` does, but gives up on one that swallows its cancellation.

    A group waits for such a task for ever, and with it would the call, its record and its place on the server.
    """

    def __init__(self, on_failure: Callable[[], None]) -> None:
        """Say once through `on_failure` that a task broke."""
        self._on_failure = on_failure
        self._live: set[asyncio.Task[None]] = set()
        self._is_over = False

    def spawn(self, work: Work) -> "asyncio.Task[None]":
        """Start a task of this call."""
        assert not self._is_over, "a call spawns only while it runs"
        task = asyncio.get_running_loop().create_task(work, name=getattr(work, "__qualname__", None))
        self._live.add(task)
        task.add_done_callback(self._done)
        return task

    async def end(self, grace_s: float = 0.0) -> None:
        """Wait `grace_s` for all to be over, then cancel until they are, or have been told `ROUNDS` times."""
        self._is_over = True
        if grace_s and self._live:
            await asyncio.wait(self._live, timeout=grace_s)
        for _ in range(ROUNDS):
            if not self._live:
                return
            for task in self._live:
                task.cancel()
            await asyncio.wait(self._live, timeout=ROUND_S)
        for task in self._live:
            log.error("task_abandoned", task=task.get_name())

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._live.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("task_failed", task=task.get_name(), exc_info=error)
        if not self._is_over:
            self._on_failure()
