"""Deepgram's speaking socket, `/v1/speak`: text in, sound out, `Flush` and `Clear`."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from providers.fake.tts import buzz
from tests.support.vendors.deepgram import RATES_HZ, VOICE
from tests.support.vendors.http import KEY

_PACE_S = 0.005
_PIECE_BYTES = 4096
_S_PER_CHAR = 0.05


class DeepgramSpeakSocketServer:
    """Speaks what was sent once it is told to flush; `Clear` stops it.

    Attributes:
        accepted: Sockets ever opened.
        handshake_s: How long opening one takes.
        said: All that was flushed.
    """

    def __init__(self) -> None:
        self.accepted = 0
        self.handshake_s = 0.0
        self.said: list[str] = []
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        async with serve(self._serve, "127.0.0.1", 0, process_request=self._admit, compression=None) as server:
            self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        query = parse_qs(urlsplit(request.path).query)
        await asyncio.sleep(self.handshake_s)
        if request.headers.get("Authorization") != f"Token {KEY}":
            return connection.respond(HTTPStatus.UNAUTHORIZED, '{"err_code":"INVALID_AUTH","err_msg":"scripted"}')
        if query["model"] != [VOICE] or int(query["sample_rate"][0]) not in RATES_HZ:
            return connection.respond(HTTPStatus.BAD_REQUEST, '{"err_code":"INVALID_QUERY_PARAMETER"}')
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        rate_hz = int(parse_qs(urlsplit(connection.request.path).query)["sample_rate"][0])
        self.accepted += 1
        mouth = _Mouth(self, connection, rate_hz)
        with contextlib.suppress(ConnectionClosed):
            await mouth.run()


class _Mouth:
    def __init__(self, owner: DeepgramSpeakSocketServer, connection: ServerConnection, rate_hz: int) -> None:
        self._owner, self._connection, self._rate_hz = owner, connection, rate_hz
        self._text = ""
        self._sequence = 0
        self._speaking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        about = {"request_id": "r1", "model_name": "thalia", "model_version": "2025-04-15.0", "model_uuid": "u1"}
        await self._send({"type": "Metadata", **about})
        async with asyncio.TaskGroup() as tasks:
            async for message in self._connection:
                body = json.loads(message)
                match body["type"]:
                    case "Speak":
                        self._text += body["text"]
                    case "Flush":
                        text, self._text = self._text, ""
                        self._speaking = tasks.create_task(self._speak(text))
                    case "Clear":
                        if self._speaking is not None:
                            self._speaking.cancel()
                        self._text = ""
                        await self._send({"type": "Cleared", "sequence_id": self._sequence})
                    case "Close":
                        await self._connection.close()

    async def _speak(self, text: str) -> None:
        self._owner.said.append(text)
        pcm = buzz(round(len(text) * _S_PER_CHAR * self._rate_hz), self._rate_hz)
        for start in range(0, len(pcm), _PIECE_BYTES):
            await self._connection.send(pcm[start : start + _PIECE_BYTES])
            await asyncio.sleep(_PACE_S)
        await self._send({"type": "Flushed", "sequence_id": self._sequence})
        self._sequence += 1

    async def _send(self, message: dict[str, object]) -> None:
        await self._connection.send(json.dumps(message))
