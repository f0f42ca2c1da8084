"""`GET /metrics`, in Prometheus' text format."""

import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Response

from control_api.errors import declared


def metrics_router(render: Callable[[], tuple[bytes, str]], token: str | None) -> APIRouter:
    """Return the route that a monitoring system scrapes.

    Args:
        render: Returns the text and its content type.
        token: Who asks must bear it; None lets everybody who reaches the server ask.
    """
    router = APIRouter(tags=["metrics"], responses=declared(401))

    @router.get("/metrics", response_class=Response)
    def get_metrics(authorization: Annotated[str, Header()] = "") -> Response:
        """Return counters, gauges and histograms of all calls since the start."""
        if token is not None and not _bears(authorization, token):
            raise HTTPException(401, "Unauthorized", {"WWW-Authenticate": "Bearer"})
        content, media_type = render()
        return Response(content, media_type=media_type)

    return router


def _bears(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
