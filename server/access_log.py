"""One log line per HTTP request, without query, token or body."""

import re
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.clock import Clock

# A key, a session or a ticket may be named by itself in a path; what a carrier knows a line by is one of its parts.
_SECRETS = re.compile(r"(pk_live_|st_|mt_|rt_)[A-Za-z0-9_-]+")
_SECRET_PARTS = ("secret", "token")

log = structlog.get_logger(__name__)


def _nobody_counts(handler: str, method: str, status: int, took_s: float) -> None:
    """Ignore a request."""


def _handler(scope: Scope) -> str:
    """Return the pattern of the route that took the request."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "none"


def _shown_path(scope: Scope) -> str:
    path, parts = str(scope["path"]), scope.get("path_params", {})
    for secret in (str(parts[name]) for name in _SECRET_PARTS if parts.get(name)):
        path = path.replace(secret, "…")
    return _SECRETS.sub(r"\1…", path)


class AccessLog:
    """ASGI middleware; WebSockets are logged by their calls instead."""

    def __init__(
        self, app: ASGIApp, clock: Clock, observe: Callable[[str, str, int, float], None] = _nobody_counts
    ) -> None:
        """Wrap `app`; `observe` takes the route's pattern, the method, the status and the seconds."""
        self._app = app
        self._clock = clock
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and log how it went."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began_s, status = self._clock.now_s(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            took_s = self._clock.now_s() - began_s
            self._observe(_handler(scope), scope["method"], status, took_s)
            log.info(
                "http_request",
                method=scope["method"],
                path=_shown_path(scope),
                status=status,
                took_ms=round(took_s * 1000, 1),
            )
