"""Lets pages of other sites use the public APIs, and nothing else of this server."""

from collections.abc import Callable

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_REMEMBERED_S = 600


class PublicCors:
    """ASGI middleware: CORS where `is_public` says so.

    Any page may ask there, with the key that it was given. No cookie is used, so it has nothing to ride on; and who
    needs no credential is told from somebody else's page (`local_caller`).
    """

    def __init__(self, app: ASGIApp, is_public: Callable[[str], bool]) -> None:
        self._app = app
        self._is_public = is_public
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["*"],
            expose_headers=["Retry-After", "X-Total-Count", "X-Next-Cursor"],
            max_age=_REMEMBERED_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a pre-flight, or pass the request on."""
        public = scope["type"] == "http" and self._is_public(scope["path"])
        await (self._open if public else self._app)(scope, receive, send)
