"""AssemblyAI's socket `/v3/ws`: turns that grow, and end when they are told to."""

import json
from collections.abc import Sequence
from typing import Any

from websockets.http11 import Request

from tests.support.vendors.hearing import Hearing, Script
from tests.support.vendors.http import KEY
from tests.support.vendors.sockets import Line, SocketVendor

MODELS = ("universal-3-6-pro", "universal-streaming-english")


class AssemblyAiServer(SocketVendor):
    """Hears what its script says."""

    def __init__(self, script: Sequence[str] = ("hello there",)) -> None:
        super().__init__()
        self.script = Script([*script])

    def authorized(self, request: Request) -> bool:
        return request.headers.get("Authorization") == KEY

    async def talk(self, line: Line) -> None:
        if line.path != "/v3/ws" or line.query["speech_model"] not in MODELS:
            await line.connection.close(1008, "Unknown speech model")
            return
        assert line.query["encoding"] == "pcm_s16le"
        await line.connection.send(json.dumps({"type": "Begin", "id": "s1", "expires_at": 1_800_000_000}))
        await _Ear(line, Hearing(int(line.query["sample_rate"]), self.script.next_words)).run()


class _Ear:
    def __init__(self, line: Line, hearing: Hearing) -> None:
        self._line, self._hearing = line, hearing
        self._turn = 0

    async def run(self) -> None:
        while True:
            message = await self._line.recv()
            if isinstance(message, bytes):
                if self._hearing.hear(message):
                    await self._say(over=False)
                continue
            command = json.loads(message)["type"]
            if command == "ForceEndpoint":
                await self._say(over=True)
                self._hearing.begin()
                self._turn += 1
            elif command == "Terminate":
                await self._line.end()
                spent_s = {"audio_duration_seconds": self._hearing.heard_s, "session_duration_seconds": 1.0}
                await self._line.send({"type": "Termination", **spent_s})
                return
            else:
                assert command in ("UpdateConfiguration", "KeepAlive"), command

    async def _say(self, *, over: bool) -> None:
        said = self._hearing.said
        words: list[dict[str, Any]] = [
            {"start": start, "end": end, "text": text, "confidence": 0.98, "word_is_final": over}
            for text, (start, end) in zip(said, self._hearing.spans_ms, strict=True)
        ]
        await self._line.send(
            {
                "type": "Turn",
                "turn_order": self._turn,
                "turn_is_formatted": over,
                "end_of_turn": over,
                "transcript": " ".join(said),
                "end_of_turn_confidence": 1.0 if over else 0.1,
                "words": words,
            }
        )
