"""The REST interfaces of the carriers over real HTTP, for a server in a process of its own."""

import base64
from urllib.parse import parse_qsl

import httpx

from tests.support.carriers.exotel_rest import ExotelRest
from tests.support.carriers.twilio_account import SimulatedTwilio
from tests.support.vendors.http import HttpVendor, Reply, Request


class CarrierRest(HttpVendor):
    """Both carriers at one address; set it as TWILIO_BASE_URL and EXOTEL_BASE_URL."""

    def __init__(self) -> None:
        super().__init__()
        self.twilio, self.exotel = SimulatedTwilio(), ExotelRest()

    def authorized(self, request: Request) -> bool:
        """Leave that to the carriers."""
        return True

    async def answer(self, request: Request, reply: Reply) -> None:
        """Ask the one whose path it is."""
        if request.path.startswith("/2010-04-01/"):
            query, form = dict(parse_qsl(request.query)), dict(parse_qsl(request.body.decode()))
            told = self.twilio.request(request.method, request.path, query, form, auth=_basic(request))
            return await reply.whole(told.status_code, told.text.encode(), "application/json")
        url = f"https://api.exotel.com{request.path}" + (f"?{request.query}" if request.query else "")
        asked = httpx.Request(request.method, url, headers=request.headers, content=request.body)
        answer = await self.exotel.transport().handle_async_request(asked)
        return await reply.whole(answer.status_code, answer.content, "application/json")


def _basic(request: Request) -> tuple[str, str]:
    told = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    user, _, password = told.partition(":")
    return user, password
