"""What a service sends for one request, read with deadlines."""

import asyncio
from typing import Any

from kit.errors import ProviderError
from providers.pipecat_host.failures import stalled


class Inbox:
    """Takes frames and reads them one by one."""

    def __init__(self, provider: str, first_limit_s: float, next_limit_s: float) -> None:
        """Wait that long for the first piece, and between two."""
        self._provider = provider
        self._limit_s, self._next_limit_s = first_limit_s, next_limit_s
        self._by_s = asyncio.get_running_loop().time() + first_limit_s
        self._frames: asyncio.Queue[Any] = asyncio.Queue()

    def put(self, frame: Any) -> None:
        """Take a frame, or the error that ended the service."""
        self._frames.put_nowait(frame)

    def went_on(self) -> None:
        """A piece of the answer came: the next one has its own time."""
        self._by_s = asyncio.get_running_loop().time() + self._next_limit_s

    async def get(self) -> Any:
        """Return the next frame.

        Raises:
            ProviderError: The service failed, or nothing came in time.
        """
        try:
            async with asyncio.timeout_at(self._by_s):
                frame = await self._frames.get()
        except TimeoutError:
            raise stalled(self._provider, "stopped") from None
        if isinstance(frame, ProviderError):
            raise frame
        return frame

    async def fail_within(self, limit_s: float) -> None:
        """Raise the reason of a failure that comes in time, else return.

        Raises:
            ProviderError: The service failed.
        """
        self._by_s = asyncio.get_running_loop().time() + limit_s
        try:
            while True:
                await self.get()
        except ProviderError as error:
            if error.code != "provider.stalled":
                raise
