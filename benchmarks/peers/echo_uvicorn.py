"""The floor under any server on uvicorn: a bare ASGI application that sends every frame back."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from benchmarks.capacity.meter import Meter

_Message = dict[str, Any]


async def app(
    scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
) -> None:
    """Echo; on start-up begin to measure."""
    if scope["type"] == "lifespan":
        await receive()
        Meter().start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="critical",
        access_log=False,
    )
