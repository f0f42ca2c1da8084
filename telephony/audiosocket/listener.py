"""The TCP port for AudioSockets: each connection is one call that was expected."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import structlog

from telephony.audiosocket.codec import HEAD_BYTES, length_of
from telephony.audiosocket.stream import AUDIOSOCKET
from telephony.audiosocket.waiting import ExpectedCalls
from telephony.connection import Admit, Exchange, MediaConnection
from telephony.messages import Start
from telephony.wire import Wire
from transports.ports import CallRequest

# A peer that does not answer TCP's probes for a minute has gone.
_PROBES = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))

log = structlog.get_logger(__name__)


class AudioSocketPeer:
    """`telephony.sockets.MediaSocket` on a TCP connection: a frame is a message."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def accept(self) -> None:
        """Have TCP look after the connection while nothing comes."""
        connection = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _PROBES:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)

    async def receive(self) -> Wire | None:
        """See the port; a frame that is cut off is the end."""
        try:
            head = await self._reader.readexactly(HEAD_BYTES)
            return head + await self._reader.readexactly(length_of(head))
        except (asyncio.IncompleteReadError, OSError):
            return None

    async def send(self, wire: Wire) -> None:
        """See the port."""
        assert isinstance(wire, bytes), "frames are binary"
        self._writer.write(wire)
        await self._writer.drain()

    async def close(self, code: int) -> None:
        """See the port; TCP has no codes."""
        del code
        self._writer.close()
        await self._writer.wait_closed()


def expected(calls: ExpectedCalls) -> Admit:
    """Let in who names an expected call."""

    async def admit(start: Start) -> CallRequest:
        return calls.redeem(start.stream_id).request

    return admit


@contextlib.asynccontextmanager
async def audiosocket_port(
    host: str, port: int, calls: ExpectedCalls, exchange: Exchange
) -> AsyncIterator[tuple[str, int]]:
    """Listen while the block runs, which gets the address; what talks then is ended with it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = AudioSocketPeer(reader, writer)
        try:
            if not exchange.live.draining:
                await MediaConnection(peer, AUDIOSOCKET, exchange).serve(expected(calls))
        finally:
            writer.close()

    async with await asyncio.start_server(serve, host, port) as server:
        address = server.sockets[0].getsockname()
        log.info("audiosocket_listening", host=address[0], port=address[1])
        yield address[0], address[1]
        server.close()
