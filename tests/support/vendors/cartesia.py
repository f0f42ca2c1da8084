"""Cartesia's sockets: `/tts/websocket` with contexts and word times, `/stt/websocket`."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Sequence
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request

from providers.fake.tts import buzz
from tests.support.vendors.hearing import Hearing, Script
from tests.support.vendors.http import KEY
from tests.support.vendors.sockets import Line, SocketVendor

VOICE = "71a7ad14-091c-4e8e-a314-022ece01c121"
_CHUNK_S = 0.1
_PACE_S = 0.005
_S_PER_CHAR = 0.05


class CartesiaServer(SocketVendor):
    """Speaks a buzz; hears what its script says.

    Attributes:
        cancelled: Contexts that were cancelled.
        asked: Transcripts to speak, in order.
        speaking: Contexts under way.
    """

    def __init__(self, script: Sequence[str] = ("hello there",) * 99) -> None:
        super().__init__()
        self.script = Script([*script])
        self.cancelled: list[str] = []
        self.asked: list[str] = []
        self.speaking: set[str] = set()

    def authorized(self, request: Request) -> bool:
        return request.headers.get("X-API-Key") == KEY and "Cartesia-Version" in request.headers

    async def talk(self, line: Line) -> None:
        await (_Mouth(self, line) if line.path == "/tts/websocket" else _Ear(self, line)).run()


class _Mouth:
    def __init__(self, owner: CartesiaServer, line: Line) -> None:
        self._owner, self._line = owner, line
        line.read_elsewhere = True
        self._contexts: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            try:
                while True:
                    await self._take(json.loads(await self._line.recv()), tasks)
            except ConnectionClosed:
                pass
            finally:
                for task in self._contexts.values():
                    task.cancel()

    async def _take(self, message: dict[str, Any], tasks: asyncio.TaskGroup) -> None:
        context = message["context_id"]
        if message.get("cancel"):
            self._owner.cancelled.append(context)
            if context in self._contexts:
                self._contexts.pop(context).cancel()
        elif not message["transcript"]:
            assert message["continue"] is False
        elif message["voice"] != {"mode": "id", "id": VOICE}:
            error = {"type": "error", "context_id": context, "status_code": 404, "done": True}
            await self._line.send({**error, "title": "Voice not found", "message": "scripted", "error_code": "voice"})
        else:
            self._owner.asked.append(message["transcript"])
            self._contexts[context] = tasks.create_task(self._speak(message))

    async def _speak(self, message: dict[str, Any]) -> None:
        context = message["context_id"]
        self._owner.speaking.add(context)
        try:
            with contextlib.suppress(ConnectionClosed, ConnectionResetError):
                await self._sentence(message)
        finally:
            self._owner.speaking.discard(context)

    async def _sentence(self, message: dict[str, Any]) -> None:
        context, form, text = message["context_id"], message["output_format"], message["transcript"]
        assert (form["container"], form["encoding"]) == ("raw", "pcm_s16le")
        head = {"context_id": context, "status_code": 206, "done": False}
        if message["add_timestamps"]:
            words = text.split()
            each_s = len(text) * _S_PER_CHAR / len(words)
            starts = [round(index * each_s, 3) for index in range(len(words))]
            times = {"words": words, "start": starts, "end": [round(start + each_s, 3) for start in starts]}
            await self._line.send({**head, "type": "timestamps", "word_timestamps": times})
        rate_hz = int(form["sample_rate"])
        pcm, size = buzz(round(len(text) * _S_PER_CHAR * rate_hz), rate_hz), round(_CHUNK_S * rate_hz) * 2
        for start in range(0, len(pcm), size):
            data = base64.b64encode(pcm[start : start + size]).decode()
            await self._line.send({**head, "type": "chunk", "data": data, "step_time": 5.0})
            await asyncio.sleep(_PACE_S)
        await self._line.send({**head, "type": "flush_done", "flush_done": True, "flush_id": 1})
        await self._line.end()
        await self._line.send({**head, "type": "done", "status_code": 200, "done": True})


class _Ear:
    def __init__(self, owner: CartesiaServer, line: Line) -> None:
        assert line.query["encoding"] == "pcm_s16le"
        self._line = line
        self._hearing = Hearing(int(line.query["sample_rate"]), owner.script.next_words)

    async def run(self) -> None:
        while True:
            message = await self._line.recv()
            if isinstance(message, bytes):
                if self._hearing.hear(message):
                    await self._transcript(final=False)
            elif message == "finalize":
                await self._transcript(final=True)
                self._hearing.begin()
                await self._line.send({"type": "flush_done", "request_id": "r1"})
            else:
                assert message == "done"
                await self._line.end()
                await self._line.send({"type": "done", "request_id": "r1"})
                return

    async def _transcript(self, *, final: bool) -> None:
        said = self._hearing.said
        if said or not final:
            await self._line.send(
                {
                    "type": "transcript",
                    "is_final": final,
                    "request_id": "r1",
                    "text": " ".join(said),
                    "duration": round(self._hearing.sound_s, 3),
                    "language": "en",
                }
            )
