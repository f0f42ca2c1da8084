"""Deepgram's speaking socket `/v1/speak`: text in, raw sound out, `Flushed` after it."""

import asyncio
import contextlib
import json
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

from providers.fake.tts import buzz
from tests.support.vendors.http import KEY
from tests.support.vendors.sockets import Line, SocketVendor

_CHUNK_S = 0.2
_PACE_S = 0.005
_S_PER_CHAR = 0.05


class DeepgramSpeakSocket(SocketVendor):
    """Speaks any text as a buzz.

    Attributes:
        asked: Texts to speak.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def authorized(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Token {KEY}"

    async def talk(self, line: Line) -> None:
        assert line.query["encoding"] == "linear16"
        line.read_elsewhere = True
        commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            speaking = tasks.create_task(_speak(self, line, commands))
            try:
                while (command := json.loads(await line.recv()))["type"] != "Close":
                    if command["type"] == "Clear":
                        speaking.cancel()
                        speaking = tasks.create_task(_speak(self, line, commands))
                        await line.send({"type": "Cleared", "sequence_id": 0})
                    else:
                        commands.put_nowait(command)
            except ConnectionClosed:
                pass
            finally:
                speaking.cancel()


async def _speak(owner: DeepgramSpeakSocket, line: Line, commands: asyncio.Queue[dict[str, Any]]) -> None:
    rate_hz, text = int(line.query["sample_rate"]), ""
    with contextlib.suppress(ConnectionClosed, ConnectionResetError):
        while True:
            command = await commands.get()
            if command["type"] == "Speak":
                text += command["text"]
                continue
            assert command["type"] == "Flush"
            owner.asked.append(text)
            pcm, size = buzz(round(len(text) * _S_PER_CHAR * rate_hz), rate_hz), round(_CHUNK_S * rate_hz) * 2
            for start in range(0, len(pcm), size):
                await line.send(pcm[start : start + size])
                await asyncio.sleep(_PACE_S)
            await line.end()
            await line.send({"type": "Flushed", "sequence_id": 0})
            text = ""
