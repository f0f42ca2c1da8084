"""Lets a WebSocket that was denied close before the application returns."""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CLOSING_S: Final = 0.05


class QuietDenials:
    """ASGI middleware.

    uvicorn (0.54) logs "ASGI callable returned without completing handshake" as an error for every WebSocket that is
    answered with an HTTP status, unless its connection is gone by then.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on; wait a moment after a denial."""
        denied = False

        async def watch(message: Message) -> None:
            nonlocal denied
            denied = denied or message["type"] == "websocket.http.response.start"  # only WebSockets have it
            await send(message)

        await self._app(scope, receive, watch)
        if denied:
            await asyncio.sleep(_CLOSING_S)
