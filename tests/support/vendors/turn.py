"""A local stand-in for the service that makes TURN credentials."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.vendors.http import serving


@dataclass
class TurnService:
    """Makes numbered credentials.

    Attributes:
        url: Where it is.
        asked: The `ttl` of each request.
        is_away: It answers with 503.
        single: It answers with one server, as its older interface does.
    """

    url: str = ""
    asked: list[int] = field(default_factory=list)
    is_away: bool = False
    single: bool = False

    async def make(self, request: Request) -> Response:
        """Answer one request."""
        if self.is_away:
            return Response(status_code=503)
        if request.headers["authorization"] != "Bearer the token" or request.path_params["key"] != "the-key":
            return Response(status_code=401)
        self.asked.append((await request.json())["ttl"])
        server: dict[str, Any] = {"urls": ["turn:relay.example.org"], "credential": "c"}
        server["username"] = f"user {len(self.asked)}"
        return JSONResponse({"iceServers": server if self.single else [server]}, 201)


@asynccontextmanager
async def turn_service() -> AsyncIterator[TurnService]:
    """Run the service on loopback."""
    service = TurnService()
    path = "/v1/turn/keys/{key}/credentials/generate-ice-servers"
    app = Starlette(routes=[Route(path, service.make, methods=["POST"])])
    async with serving(app) as service.url:
        yield service
