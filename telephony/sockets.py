"""What a media connection runs on: four methods, over a WebSocket of the server's application."""

from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from telephony.wire import Wire


class MediaSocket(Protocol):
    """A carrier's connection to us."""

    async def accept(self) -> None:
        """Take the connection."""

    async def receive(self) -> Wire | None:
        """Wait for the next message; None once the other side has gone."""

    async def send(self, wire: Wire) -> None:
        """Send a message.

        Raises:
            OSError: The other side has gone.
        """

    async def close(self, code: int) -> None:
        """End the connection; `code` is a WebSocket's.

        Raises:
            OSError: The other side has gone.
        """


class WebSocketPeer:
    """`MediaSocket` on a WebSocket."""

    def __init__(self, websocket: WebSocket, subprotocol: str | None = None) -> None:
        """Answer with `subprotocol`, if it is offered."""
        self._websocket = websocket
        self._subprotocol = subprotocol if subprotocol in websocket.scope.get("subprotocols", ()) else None

    async def accept(self) -> None:
        """See the port."""
        try:
            await self._websocket.accept(self._subprotocol)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionResetError("the carrier has gone") from error

    async def receive(self) -> Wire | None:
        """See the port."""
        event = await self._websocket.receive()
        if event["type"] == "websocket.disconnect":
            return None
        text = event.get("text")
        return bytes(event["bytes"]) if text is None else str(text)

    async def send(self, wire: Wire) -> None:
        """See the port."""
        kind = "text" if isinstance(wire, str) else "bytes"
        try:
            await self._websocket.send({"type": "websocket.send", kind: wire})
        # What Starlette and uvicorn raise when the peer has gone; a RuntimeError after a close of their own.
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionResetError("the carrier has gone") from error

    async def close(self, code: int) -> None:
        """See the port."""
        try:
            await self._websocket.close(code)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionResetError("the carrier has gone") from error
