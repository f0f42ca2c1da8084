"""Deepgram's servers: speech over HTTP, and the two listening sockets (`deepgram_listen.py`)."""

import json
from typing import Any
from urllib.parse import parse_qs

from providers.fake.tts import buzz
from tests.support.vendors.http import KEY, HttpVendor, Reply, Request

VOICE = "aura-2-thalia-en"
STT_MODELS = ("nova-3", "flux-general-en", "flux-general-multi")
RATES_HZ = (8000, 16_000, 24_000, 32_000, 48_000)
_PACE_S = 0.005
_S_PER_CHAR = 0.05
_CHUNK = 12_285  # odd: a sample may be cut in two


class DeepgramSpeakServer(HttpVendor):
    """Speaks any text as a buzz, and lists models."""

    def authorized(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Token {KEY}"

    def error(self, status: int) -> dict[str, Any]:
        return {"err_code": "INVALID_AUTH" if status == 401 else "SCRIPTED", "err_msg": "scripted", "request_id": "r1"}

    async def answer(self, request: Request, reply: Reply) -> None:
        match request.method, request.path:
            case "POST", "/v1/speak":
                await self._speak(request, reply)
            case "GET", "/v1/models":
                await reply.whole(200, json.dumps(_models()).encode(), "application/json")
            case _:
                await self.refuse(reply, 404)

    async def _speak(self, request: Request, reply: Reply) -> None:
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        rate_hz = int(float(query["sample_rate"]))
        if query["model"] != VOICE or query["encoding"] != "linear16" or rate_hz not in RATES_HZ:
            await self.refuse(reply, 400)
            return
        assert query["container"] == "none", "else a WAV header would be played"
        pcm = buzz(round(len(request.json["text"]) * _S_PER_CHAR * rate_hz), rate_hz)
        await reply.begin("audio/l16;rate=24000")
        for start in range(0, len(pcm), _CHUNK):
            await reply.piece(pcm[start : start + _CHUNK])
            await reply.pause(_PACE_S)
        await reply.end()


def _models() -> dict[str, Any]:
    tts = {
        "name": "thalia",
        "canonical_name": VOICE,
        "architecture": "aura-2",
        "languages": ["en", "en-US"],
        "version": "2025-04-15.0",
        "uuid": "u1",
        "metadata": {},
    }
    stt = [
        {
            "name": name,
            "canonical_name": name,
            "architecture": name.split("-")[0],
            "languages": ["en", "de"],
            "version": "2025-01-01.0",
            "uuid": name,
            "batch": True,
            "streaming": True,
            "formatted_output": True,
        }
        for name in STT_MODELS
    ]
    return {"stt": stt, "tts": [tts]}
