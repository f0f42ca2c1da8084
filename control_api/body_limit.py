"""Refuses bodies that are too large: before any of it is read if the request says so, else while it is read.

Ours because FastAPI's own limit answers a declared length in plain text, which no dialect has.
"""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from control_api.errors import Encoder, Problem

_TOO_LARGE = Problem(413, "request.too_large", "Content Too Large")


class BodyLimit:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, max_bytes: int, encoder_of: Callable[[str], Encoder]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._encoder_of = encoder_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on and count."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if _declared(scope) > self._max_bytes:
            body = self._encoder_of(scope["path"])(_TOO_LARGE)
            # What is left of the body would be taken for the next request.
            answer = JSONResponse(body, _TOO_LARGE.status, headers={"Connection": "close"})
            return await answer(scope, receive, send)
        read = 0

        async def count() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise HTTPException(_TOO_LARGE.status, _TOO_LARGE.detail)
            return message

        return await self._app(scope, count, send)


def _declared(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0  # uvicorn refuses what is no number
