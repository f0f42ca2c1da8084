"""The vendors' sockets with nothing around them: what no provider can be quicker than."""

import json
import time
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.providers.workload import FRAME, RATE_HZ, SENTENCE, VOICE
from tests.support.provider_contract import ASK
from tests.support.vendors.deepgram import VOICE as AURA
from tests.support.vendors.http import KEY

_CARTESIA = {"X-API-Key": KEY, "Cartesia-Version": "2026-03-01"}
_NOVA = f"/v1/listen?model=nova-3&encoding=linear16&sample_rate={RATE_HZ}&interim_results=true"


class RawHttp:
    """Requests over one kept connection."""

    def __init__(self, url: str, headers: dict[str, str], body: dict[str, Any], first: bytes) -> None:
        """Post `body` to `url`; the answer has begun once `first` is in it."""
        self._client = httpx.AsyncClient()
        self._request: dict[str, Any] = {"url": url, "headers": headers, "json": body}
        self._first = first

    async def once_ms(self) -> float:
        """Return how long it took to begin."""
        began_s, first_s = time.perf_counter(), None
        async with self._client.stream("POST", **self._request) as response:
            async for chunk in response.aiter_raw():
                if first_s is None and self._first in chunk:
                    first_s = time.perf_counter()
        assert first_s is not None
        return (first_s - began_s) * 1000

    async def aclose(self) -> None:
        """Close the connection."""
        await self._client.aclose()


def raw_aura(url: str) -> RawHttp:
    """Return Deepgram's voice."""
    query = f"model={AURA}&encoding=linear16&container=none&sample_rate=24000"
    return RawHttp(f"{url}/v1/speak?{query}", {"Authorization": f"Token {KEY}"}, {"text": SENTENCE}, b"")


def raw_chat(url: str) -> RawHttp:
    """Return OpenAI's model."""
    messages = [{"role": message.role, "content": message.content} for message in ASK]
    body = {"model": "gpt-test", "stream": True, "messages": messages}
    return RawHttp(f"{url}/chat/completions", {"Authorization": f"Bearer {KEY}"}, body, b"Good")


class RawCartesiaVoice:
    """Contexts over one socket."""

    def __init__(self, url: str) -> None:
        """Speak at `url`."""
        self._url = url
        self._socket: ClientConnection | None = None
        self._said = 0

    async def once_ms(self) -> float:
        """Return how long the first sound of a sentence took."""
        if self._socket is None:
            address = f"{self._url}/tts/websocket"
            self._socket = await connect(address, additional_headers=_CARTESIA, compression=None)
        self._said += 1
        message = {
            "transcript": SENTENCE,
            "continue": False,
            "context_id": str(self._said),
            "model_id": "sonic-3.6",
            "voice": {"mode": "id", "id": VOICE},
            "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
            "add_timestamps": True,
        }
        began_s, first_s = time.perf_counter(), None
        await self._socket.send(json.dumps(message))
        while (answer := json.loads(await self._socket.recv()))["type"] != "done":
            if first_s is None and answer["type"] == "chunk":
                first_s = time.perf_counter()
        assert first_s is not None
        return (first_s - began_s) * 1000

    async def aclose(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            await self._socket.close()


class RawNova:
    """Turns over one socket."""

    def __init__(self, url: str) -> None:
        """Listen at `url`."""
        self._url = url
        self._socket: ClientConnection | None = None

    async def once_ms(self) -> float:
        """Return how long the reading of a turn took that was said already."""
        if self._socket is None:
            headers = {"Authorization": f"Token {KEY}"}
            self._socket = await connect(f"{self._url}{_NOVA}", additional_headers=headers, compression=None)
        for _ in range(10):
            await self._socket.send(FRAME)
        began_s = time.perf_counter()
        await self._socket.send(json.dumps({"type": "Finalize"}))
        while not json.loads(await self._socket.recv())["is_final"]:
            pass
        return (time.perf_counter() - began_s) * 1000

    async def aclose(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            await self._socket.close()
