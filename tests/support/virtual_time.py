"""An event loop whose clock jumps to the next timer: hours of a call take milliseconds, and times are exact."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class _Jump(selectors.DefaultSelector):
    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise RuntimeError("deadlock: no task is ready and no timer is set")
        self.now_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """No threads and no sockets here: those belong to `tests/e2e`, in real time."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now_s

    def stall(self, seconds: float) -> None:
        """Let time pass without anything being run, as a busy process does."""
        self._jump.now_s += seconds


def run(scenario: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a scenario from 0.0 s on."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(scenario)
