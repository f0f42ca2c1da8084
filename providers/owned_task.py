"""Work in the background of something that is opened and closed, such as the reader of a socket."""

import asyncio
from collections.abc import Coroutine
from typing import Any

_CLOSE_LIMIT_S = 0.04


class OwnedTask:
    """A task whose owner ends it; nothing of it outlives the owner.

    A task group cannot do this: it is left in the task that entered it, and a stream is opened in one and closed in
    another.
    """

    def __init__(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin to work; `work` tells its owner of its own failures."""
        self._task = asyncio.get_running_loop().create_task(work)

    def cancel(self) -> None:
        """Tell it to end."""
        self._task.cancel()

    async def wait(self, limit_s: float) -> None:
        """Return when it is done, or after so long."""
        await asyncio.wait({self._task}, timeout=limit_s)

    async def aclose(self) -> None:
        """Cancel it and see it go; what hangs while it is cancelled is not waited for longer than 40 ms."""
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=_CLOSE_LIMIT_S)
