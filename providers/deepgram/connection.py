"""One socket to Deepgram: audio and commands out, messages in, a sign of life in between."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from kit.errors import ProviderError
from providers.deepgram.sdk import PROVIDER, translated
from providers.owned_task import OwnedTask

_OPEN_LIMIT_S = 3.0
_ALIVE_EVERY_S = 4.0  # the service hangs up after 10 s of nothing
_QUEUED_LIMIT_S = 30.0  # a socket that has taken nothing for so long is given up


class Connection:
    """Takes audio at once and sends it when it can. Times are seconds of audio since it was opened.

    Attributes:
        fed_s: Audio taken.
        error: Why nothing comes any more.
    """

    def __init__(
        self,
        connecting: AbstractAsyncContextManager[Any],
        bytes_per_s: int,
        on_message: Callable[[Any], None],
        on_failed: Callable[[], None],
        *,
        knows_keep_alive: bool,
    ) -> None:
        """Begin to connect; what is put meanwhile waits.

        Args:
            connecting: The SDK's socket, not entered yet.
            bytes_per_s: Of the audio.
            on_message: Takes each message; raises `ProviderError` for one that cannot be read.
            on_failed: Told once `error` is set.
            knows_keep_alive: There is a message that says nothing; else 100 ms of silence do.
        """
        self._connecting, self._bytes_per_s = connecting, bytes_per_s
        self._on_message, self._on_failed = on_message, on_failed
        self._knows_keep_alive = knows_keep_alive
        self.error: ProviderError | None = None
        self._queue: deque[bytes | str] = deque()
        self._queued = asyncio.Event()
        self._fed_bytes = self._waiting_bytes = 0
        self._opened = asyncio.Event()
        self._task = OwnedTask(self._run())

    @property
    def fed_s(self) -> float:
        """Seconds of audio taken so far."""
        return self._fed_bytes / self._bytes_per_s

    async def wait_open(self) -> None:
        """Return once it is open.

        Raises:
            ProviderError: It cannot be reached, refuses, or does not answer for 3 s.
        """
        try:
            async with asyncio.timeout(_OPEN_LIMIT_S):
                await self._opened.wait()
        except TimeoutError as error:
            raise ProviderError(PROVIDER, "did not answer", retryable=True, code="provider.timeout") from error
        if self.error is not None:
            raise self.error

    def feed(self, pcm: bytes) -> None:
        """Take audio. Never waits."""
        self._fed_bytes += len(pcm)
        self._waiting_bytes += len(pcm)
        if self._waiting_bytes > _QUEUED_LIMIT_S * self._bytes_per_s:
            self._fail(ProviderError(PROVIDER, "takes no audio", retryable=True, code="provider.stalled"))
        if self.error is None:
            self._put(pcm)

    def command(self, name: str) -> None:
        """Send `Finalize` or `ForceEndTurn` behind the audio taken so far."""
        self._put(name)

    def cancel(self) -> None:
        """Let go of it, without waiting."""
        self._task.cancel()

    async def aclose(self) -> None:
        """Let go of it within 50 ms."""
        await self._task.aclose()

    def _put(self, item: bytes | str) -> None:
        self._queue.append(item)
        self._queued.set()

    def _fail(self, error: ProviderError) -> None:
        if self.error is None:
            self.error = error
            self._queue.clear()
            self._opened.set()
            self._on_failed()

    async def _run(self) -> None:
        try:
            with translated():
                async with self._connecting as socket:
                    if self._knows_keep_alive:
                        await socket.send_keep_alive()
                    else:
                        await socket.recv()  # `Connected`
                    self._opened.set()
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(self._send(socket))
                        tasks.create_task(self._receive(socket))
        except* ProviderError as errors:
            self._fail(_first(errors))

    async def _receive(self, socket: Any) -> None:
        with translated():
            while True:
                message = await socket.recv()
                if getattr(message, "type", None) == "Error":
                    raise ProviderError(PROVIDER, "reported an error", retryable=True)
                try:
                    self._on_message(message)
                except (AttributeError, IndexError, TypeError) as error:
                    raise ProviderError(PROVIDER, "sent what is not its protocol", retryable=True) from error

    async def _send(self, socket: Any) -> None:
        with translated():
            while True:
                try:
                    async with asyncio.timeout(_ALIVE_EVERY_S):
                        await self._queued.wait()
                except TimeoutError:
                    if self._knows_keep_alive:
                        await socket.send_keep_alive()
                    else:
                        self.feed(bytes(self._bytes_per_s // 10))
                await self._send_queued(socket)

    async def _send_queued(self, socket: Any) -> None:
        self._queued.clear()
        while self._queue:
            item = self._queue.popleft()
            if isinstance(item, bytes):
                self._waiting_bytes -= len(item)
                await socket.send_media(item)
            elif item == "Finalize":
                await socket.send_finalize()
            else:
                await socket.send_force_end_turn()


def _first(errors: BaseExceptionGroup[ProviderError]) -> ProviderError:
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    assert isinstance(first, ProviderError)
    return first
