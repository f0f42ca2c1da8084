"""One call's ear at Deepgram: turns on top of a socket."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from kit.errors import ProviderError
from pipeline.ports import SttResult, SttSignal
from providers.deepgram.connection import Connection
from providers.deepgram.flux import FluxReading
from providers.deepgram.nova import NovaReading
from providers.deepgram.sdk import PROVIDER


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family of models is spoken to.

    Attributes:
        connect: The SDK's socket for a language, not entered yet.
        cut: The command after which nothing said before it belongs to what is said next.
        final_comes: The command is also answered by the reading of all before it.
        by_language: Another language needs another socket.
        read_limit_s: How long a reading of what was fed may take.
    """

    connect: Callable[[str], AbstractAsyncContextManager[Any]]
    reading: Callable[[], NovaReading | FluxReading]
    cut: str
    final_comes: bool
    by_language: bool
    read_limit_s: float


class DeepgramStream:
    """Fills `pipeline.ports.SttStream`."""

    def __init__(self, dialect: Dialect, language: str, rate_hz: int) -> None:
        """Begin to connect."""
        self._dialect, self._language, self._rate_hz = dialect, language, rate_hz
        self._signals: asyncio.Queue[SttSignal | None] = asyncio.Queue()
        self._changed = asyncio.Event()  # something was read, or all is lost
        self._closed = False
        self._cut_s = 0.0
        self._left: list[Connection] = []
        self._connect()

    def _connect(self) -> None:
        self._reading = reading = self._dialect.reading()

        def take(message: Any) -> None:
            for signal in reading.take(message):
                if reading is self._reading:
                    self._signals.put_nowait(signal)
            self._changed.set()

        self._connection = Connection(
            self._dialect.connect(self._language),
            2 * self._rate_hz,
            take,
            self._changed.set,
            knows_keep_alive=self._dialect.final_comes,
        )

    async def wait_open(self) -> None:
        """Return once the socket is open.

        Raises:
            ProviderError: It cannot be reached, or refuses.
        """
        try:
            await self._connection.wait_open()
        except (ProviderError, asyncio.CancelledError):
            await self.aclose()
            raise

    def begin(self, language: str | None = None) -> None:
        """Start a turn, cut off from what is left of the one before. Another language may take another socket."""
        while not self._signals.empty() and not self._closed:
            self._signals.get_nowait()
        if language and language != self._language and self._dialect.by_language and not self._closed:
            self._language, self._cut_s = language, 0.0
            self._connection.cancel()
            self._left.append(self._connection)
            self._connect()
        elif self._cut_s < self._connection.fed_s:
            self._cut()
        self._reading.begin(self._connection.fed_s)

    def feed(self, pcm: bytes) -> None:
        """Take audio of the turn."""
        self._connection.feed(pcm)

    async def partial(self) -> SttResult:
        """Return what came so far.

        Raises:
            ProviderError: Nothing comes any more.
        """
        self._check()
        return self._reading.result()

    async def finalize(self) -> SttResult:
        """Return a reading of all that was fed.

        Raises:
            ProviderError: The service failed, or did not read on in time.
        """
        to_s = self._connection.fed_s
        if self._dialect.final_comes and not self._reading.is_read(to_s):
            self._cut()
        try:
            async with asyncio.timeout(self._dialect.read_limit_s):
                while not self._reading.is_read(to_s):
                    self._check()
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            raise ProviderError(PROVIDER, "stopped reading", retryable=True, code="provider.stalled") from error
        self._check()
        return self._reading.result()

    async def signals(self) -> AsyncGenerator[SttSignal, None]:
        """Yield what Flux says of the turn's end; nothing from Nova."""
        while not self._dialect.final_comes and (signal := await self._signals.get()) is not None:
            yield signal

    async def aclose(self) -> None:
        """Let go of the socket."""
        if not self._closed:
            self._closed = True
            self._signals.put_nowait(None)
        for connection in (*self._left, self._connection):
            await connection.aclose()

    def _check(self) -> None:
        if self._connection.error is not None:
            raise self._connection.error

    def _cut(self) -> None:
        self._cut_s = self._connection.fed_s
        self._connection.command(self._dialect.cut)
