"""Soniox's socket `/transcribe-websocket`: tokens, which are final once that is asked for."""

import json
from collections.abc import Sequence
from typing import Any

from websockets.http11 import Request

from tests.support.vendors.hearing import Hearing, Script
from tests.support.vendors.http import KEY
from tests.support.vendors.sockets import Line, SocketVendor

MODELS = ("stt-rt-v5", "stt-rt-v4")


class SonioxServer(SocketVendor):
    """Hears what its script says; a wrong key is told in the first message, as there."""

    def __init__(self, script: Sequence[str] = ("hello there",)) -> None:
        super().__init__()
        self.script = Script([*script])

    def authorized(self, request: Request) -> bool:
        return True

    async def talk(self, line: Line) -> None:
        assert line.connection.request is not None
        setup = json.loads(await line.recv())
        if line.connection.request.headers.get("Authorization") != f"Bearer {KEY}":
            await _refuse(line, 401, "Incorrect API key provided")
        elif setup["model"] not in MODELS:
            await _refuse(line, 400, "Model not found")
        else:
            assert (setup["audio_format"], setup["num_channels"]) == ("pcm_s16le", 1)
            await _Ear(line, Hearing(setup["sample_rate"], self.script.next_words)).run()


async def _refuse(line: Line, code: int, message: str) -> None:
    await line.send({"tokens": [], "error_code": code, "error_message": message})
    await line.connection.close()


class _Ear:
    def __init__(self, line: Line, hearing: Hearing) -> None:
        self._line, self._hearing = line, hearing

    async def run(self) -> None:
        while message := await self._line.recv():
            if isinstance(message, bytes):
                if self._hearing.hear(message):
                    await self._say(self._tokens(final=False))
                continue
            command = json.loads(message)["type"]
            if command == "finalize":
                await self._say([*self._tokens(final=True), {"text": "<fin>", "is_final": True}])
                self._hearing.begin()
            else:
                assert command == "keepalive", command
        await self._line.end()
        await self._line.send({"tokens": [], "finished": True})

    def _tokens(self, *, final: bool) -> list[dict[str, Any]]:
        spans = zip(self._hearing.said, self._hearing.spans_ms, strict=True)
        return [
            {
                "text": text if index == 0 else f" {text}",
                "start_ms": start,
                "end_ms": end,
                "confidence": 0.98,
                "is_final": final,
            }
            for index, (text, (start, end)) in enumerate(spans)
        ]

    async def _say(self, tokens: list[dict[str, Any]]) -> None:
        done_ms = round(self._hearing.heard_s * 1000)
        await self._line.send({"tokens": tokens, "final_audio_proc_ms": done_ms, "total_audio_proc_ms": done_ms})
