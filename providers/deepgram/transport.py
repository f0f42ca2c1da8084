"""The socket below the SDK: notices a dead peer within 3 s and lets go of one within 50 ms."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedOK

_OPEN_LIMIT_S = 3.0
_PING_EVERY_S = 1.0
_PONG_LIMIT_S = 1.5
_CLOSE_LIMIT_S = 0.03


class Transport:
    """What `deepgram.transport_interface.AsyncTransport` asks for; connects when it is first used."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        """Know where to go."""
        self._connecting = connect(
            url,
            additional_headers=dict(headers),
            compression=None,
            open_timeout=_OPEN_LIMIT_S,
            ping_interval=_PING_EVERY_S,
            ping_timeout=_PONG_LIMIT_S,
            close_timeout=_CLOSE_LIMIT_S,
        )
        self._connection: ClientConnection | None = None
        self._once = asyncio.Lock()

    async def send(self, data: str | bytes) -> None:
        """Send one message."""
        await (await self._connected()).send(data)

    async def recv(self) -> str | bytes:
        """Return the next message."""
        return await (await self._connected()).recv()

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Yield messages until the peer says goodbye."""
        try:
            while True:
                yield await self.recv()
        except ConnectionClosedOK:
            return

    async def close(self) -> None:
        """Say goodbye, but do not wait for an answer."""
        if self._connection is not None:
            await self._connection.close()

    async def _connected(self) -> ClientConnection:
        if self._connection is None:
            async with self._once:  # who sends and who receives may come at the same time
                self._connection = self._connection or await self._connecting
        return self._connection
