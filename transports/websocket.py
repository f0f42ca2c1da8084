"""PVP's first carrier: a WebSocket, sound between the messages."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from starlette.websockets import WebSocket, WebSocketDisconnect

from transports.carrier import PeerLost

_GOODBYES = (1000, 1001)  # the client closed, or left its page
_ABANDON_S = 1.0  # a network that has gone takes not even a close
# What Starlette and uvicorn raise when one sends to a peer that has gone; a RuntimeError after a close of their own.
_PEER_LOST = (WebSocketDisconnect, RuntimeError, OSError)


class WebSocketCarrier:
    """A `transports.carrier.Carrier`."""

    name = "websocket"
    wire = None

    def __init__(self, websocket: WebSocket) -> None:
        self.said_goodbye = self._is_closed = self._is_sending = False
        self._websocket = websocket

    async def accept(self) -> None:
        """Accept; see the port."""
        try:
            await self._websocket.accept()
        except _PEER_LOST as error:
            self._is_closed = True
            raise PeerLost from error

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """Do nothing: sound comes as messages."""

    async def send(self, message: str | bytes) -> None:
        """Send; see the port."""
        self._is_sending = True
        try:
            if isinstance(message, bytes):
                await self._websocket.send_bytes(message)
            else:
                await self._websocket.send_text(message)
        except _PEER_LOST as error:
            raise PeerLost from error
        self._is_sending = False

    async def receive(self) -> str | bytes | None:
        """Wait for a message; see the port."""
        if self._is_closed:
            return None
        event = await self._websocket.receive()
        if event["type"] == "websocket.disconnect":
            self._is_closed = True
            self.said_goodbye = event.get("code") in _GOODBYES
            return None
        data: bytes | None = event.get("bytes")
        return str(event["text"]) if data is None else data

    async def close(self, code: int) -> None:
        """Close; see the port."""
        self._is_closed = True
        try:
            await self._websocket.close(code)
        except _PEER_LOST as error:
            raise PeerLost from error

    async def abandon(self) -> None:
        """Close it if it is open still, because another has taken its place; one that takes nothing is left alone."""
        if not self._is_closed and not self._is_sending:
            with contextlib.suppress(PeerLost, TimeoutError):
                async with asyncio.timeout(_ABANDON_S):
                    await self.close(1000)

    async def quality(self) -> Mapping[str, float]:
        """Know nothing: TCP hides what the network does."""
        return {}
