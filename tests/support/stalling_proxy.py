"""Stands between a program and a server; can let bytes lie, or break all connections and take no more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Self


@dataclass
class StallingProxy:
    """Leads to `port` on this machine."""

    port: int
    own_port: int = 0
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _is_cut: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        self._flows.set()
        server = await asyncio.start_server(self._lead, "127.0.0.1", 0)
        self.own_port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            self._flows.set()
            while self._open:  # noqa: ASYNC110  the pumps are tasks of the server
                await asyncio.sleep(0.01)

    def stall(self) -> None:
        """Let everything lie from now on; connections stay."""
        self._flows.clear()

    def break_all(self) -> None:
        """Break all connections, without a word; others may come."""
        for writer in self._open:
            writer.transport.abort()

    def cut(self) -> None:
        """Break all connections and take none."""
        self._is_cut = True
        self.break_all()

    def mend(self) -> None:
        """Lead on."""
        self._is_cut = False
        self._flows.set()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        pair = {writer, back}
        self._open |= pair
        try:
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, back))
                pumps.create_task(self._pump(there, writer))
        finally:
            for each in pair:
                each.transport.abort()
            self._open -= pair

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
            sink.close()
