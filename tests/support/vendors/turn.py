"""A local stand-in for the service that makes TURN credentials."""

import json
from typing import Any

from tests.support.vendors.http import HttpVendor, Reply, Request

KEY_ID = "the-key"


class TurnService(HttpVendor):
    """Makes numbered credentials.

    Attributes:
        is_away: It answers with 503.
        single: It answers with one server, as its older interface does.
        garbage: It answers with something else.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_away = self.single = self.garbage = False

    async def answer(self, request: Request, reply: Reply) -> None:
        """Make credentials."""
        if self.is_away:
            return await self.refuse(reply, 503)
        if request.path != f"/v1/turn/keys/{KEY_ID}/credentials/generate-ice-servers":
            return await self.refuse(reply, 404)
        server: dict[str, Any] = {"urls": ["turn:relay.example.org"], "credential": "c"}
        server["username"] = f"user {len(self.requests)} for {request.json['ttl']} s"
        body: Any = "soon" if self.garbage else {"iceServers": server if self.single else [server]}
        return await reply.whole(201, json.dumps(body).encode(), "application/json")
