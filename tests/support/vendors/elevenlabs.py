"""ElevenLabs's socket `/v1/text-to-speech/{voice}/multi-stream-input`: contexts, audio with the time of each letter."""

import asyncio
import base64
import contextlib
import json
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

from providers.fake.tts import buzz
from tests.support.vendors.http import KEY
from tests.support.vendors.sockets import Line, SocketVendor

VOICE = "21m00Tcm4TlvDq8ikWAM"
MODELS = ("eleven_flash_v2_5", "eleven_turbo_v2_5")
_PACE_S = 0.005
_S_PER_CHAR = 0.05
_CHARS_PER_CHUNK = 8


class ElevenLabsServer(SocketVendor):
    """Speaks any text as a buzz.

    Attributes:
        closed: Contexts that were closed, in order.
        asked: Texts to speak.
    """

    def __init__(self) -> None:
        super().__init__()
        self.closed: list[str] = []
        self.asked: list[str] = []

    def authorized(self, request: Request) -> bool:
        return request.headers.get("xi-api-key") == KEY

    async def talk(self, line: Line) -> None:
        line.read_elsewhere = True
        _, _, _, voice, kind = line.path.split("/")
        assert kind == "multi-stream-input"
        if voice != VOICE or line.query["model_id"] not in MODELS:
            await line.connection.close(1008, "A voice or model with this id does not exist")
            return
        async with asyncio.TaskGroup() as tasks:
            mouth = _Mouth(self, line, tasks)
            try:
                while mouth.open:
                    mouth.take(json.loads(await line.recv()))
            except ConnectionClosed:
                pass
            finally:
                mouth.hush()


class _Mouth:
    def __init__(self, owner: ElevenLabsServer, line: Line, tasks: asyncio.TaskGroup) -> None:
        self._owner, self._line, self._tasks = owner, line, tasks
        self._rate_hz = int(line.query["output_format"].removeprefix("pcm_"))
        self._texts: dict[str, asyncio.Queue[str | None]] = {}
        self._speaking: dict[str, asyncio.Task[None]] = {}
        self.open = True

    def take(self, message: dict[str, Any]) -> None:
        context = message.get("context_id", "")
        if message.get("close_socket"):
            self.open = False
        elif message.get("close_context"):
            self._owner.closed.append(context)
            if context in self._texts:
                self._texts[context].put_nowait(None)
        elif not message.get("flush") and context:
            if context not in self._texts:
                assert message["text"] == " ", "a context begins with a blank"
                self._texts[context] = asyncio.Queue()
                self._speaking[context] = self._tasks.create_task(self._speak(context))
            elif message["text"].strip():
                self._owner.asked.append(message["text"])
                self._texts[context].put_nowait(message["text"])

    def hush(self) -> None:
        for task in self._speaking.values():
            task.cancel()

    async def _speak(self, context: str) -> None:
        with contextlib.suppress(ConnectionClosed, ConnectionResetError):
            while (text := await self._texts[context].get()) is not None:
                for start in range(0, len(text), _CHARS_PER_CHUNK):
                    await self._chunk(context, text[start : start + _CHARS_PER_CHUNK])
                    await asyncio.sleep(_PACE_S)
            await self._line.end()
            await self._line.send({"isFinal": True, "contextId": context})

    async def _chunk(self, context: str, text: str) -> None:
        ms = round(_S_PER_CHAR * 1000)
        alignment = {
            "chars": list(text),
            "charStartTimesMs": [index * ms for index in range(len(text))],
            "charDurationsMs": [ms] * len(text),
        }
        pcm = buzz(round(len(text) * _S_PER_CHAR * self._rate_hz), self._rate_hz)
        await self._line.send(
            {
                "audio": base64.b64encode(pcm).decode(),
                "isFinal": None,
                "contextId": context,
                "alignment": alignment,
                "normalizedAlignment": alignment,
            }
        )
