"""How much later an answer begins through a provider than at its vendor's socket, request by request."""

import time
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Protocol

import numpy as np

from benchmarks.providers.raw import RawCartesiaVoice, RawNova, raw_aura, raw_chat
from benchmarks.providers.workload import FRAME, RATE_HZ, SENTENCE
from benchmarks.providers.workload import VOICE as CARTESIA_VOICE
from pipeline.ports import LanguageModel, LlmOptions, SpeechToText, SttStream, TextToSpeech
from providers.deepgram.stt import DeepgramStt
from providers.deepgram.tts import DeepgramTts
from providers.openai.llm import OpenAiLlm
from providers.pipecat_host.entry import hosted
from tests.support.provider_contract import ASK
from tests.support.vendors.http import KEY

_SERVICES = "pipecat.services"
_WARM_UP = 5


class Asked(Protocol):
    """One way to a vendor."""

    async def once_ms(self) -> float:
        """Ask once; return how long the answer took to begin."""

    async def aclose(self) -> None:
        """Close it."""


class Speaking:
    """Asks a voice."""

    def __init__(self, tts: TextToSpeech) -> None:
        """Ask `tts`."""
        self._tts = tts

    async def once_ms(self) -> float:
        """Return the time to the first sound."""
        began_s, first_s = time.perf_counter(), None
        async with aclosing(self._tts.stream(SENTENCE)) as items:
            async for item in items:
                if first_s is None and isinstance(item, bytes):
                    first_s = time.perf_counter()
        assert first_s is not None
        return (first_s - began_s) * 1000

    async def aclose(self) -> None:
        """Close it."""
        await self._tts.aclose()


class Thinking:
    """Asks a model."""

    def __init__(self, llm: LanguageModel) -> None:
        """Ask `llm`."""
        self._llm = llm

    async def once_ms(self) -> float:
        """Return the time to the first word."""
        began_s, first_s = time.perf_counter(), None
        async with aclosing(self._llm.stream(ASK, (), LlmOptions())) as items:
            async for item in items:
                if first_s is None and isinstance(item, str):
                    first_s = time.perf_counter()
        assert first_s is not None
        return (first_s - began_s) * 1000

    async def aclose(self) -> None:
        """Close it."""
        await self._llm.aclose()


class Listening:
    """Asks a recogniser."""

    def __init__(self, stt: SpeechToText) -> None:
        """Ask `stt`."""
        self._stt = stt
        self._stream: SttStream | None = None

    async def once_ms(self) -> float:
        """Return the time from the end of a turn to its reading."""
        if self._stream is None:
            self._stream = await self._stt.open("en", RATE_HZ)
        self._stream.begin()
        for _ in range(10):
            self._stream.feed(FRAME)
        began_s = time.perf_counter()
        result = await self._stream.finalize()
        assert result.text
        return (time.perf_counter() - began_s) * 1000

    async def aclose(self) -> None:
        """Close it."""
        if self._stream is not None:
            await self._stream.aclose()
        await self._stt.aclose()


def ways(at: Mapping[str, str]) -> dict[str, dict[str, Asked]]:
    """Return, for each vendor, its socket and what goes to it."""
    cartesia = f"{_SERVICES}.cartesia.tts.CartesiaTTSService?voice={CARTESIA_VOICE}"
    listen = at["listen"].replace("ws", "http")
    return {
        "Deepgram Nova, end of turn to reading": {
            "raw": RawNova(at["listen"]),
            "native": Listening(DeepgramStt(api_key=KEY, base_url=listen)),
            "hosted": Listening(hosted("stt", f"{_SERVICES}.deepgram.stt.DeepgramSTTService", KEY, at["listen"])),
        },
        "OpenAI chat, request to first word": {
            "raw": raw_chat(at["openai"]),
            "native": Thinking(OpenAiLlm(api_key=KEY, base_url=at["openai"], model="gpt-test")),
            "hosted": Thinking(
                hosted("llm", f"{_SERVICES}.openai.llm.OpenAILLMService?model=gpt-test", KEY, at["openai"])
            ),
        },
        "Deepgram Aura, text to first sound": {
            "raw": raw_aura(at["speak"]),
            "native": Speaking(DeepgramTts(api_key=KEY, base_url=at["speak"])),
        },
        "Cartesia, text to first sound": {
            "raw": RawCartesiaVoice(at["cartesia"]),
            "hosted": Speaking(hosted("tts", cartesia, KEY, f"{at['cartesia']}/tts/websocket")),
        },
    }


async def measure(at: Mapping[str, str], rounds: int) -> list[dict[str, Any]]:
    """Ask all in turns; return a row for each way."""
    rows = []
    for what, columns in ways(at).items():
        taken: dict[str, list[float]] = {name: [] for name in columns}
        try:
            for number in range(_WARM_UP + rounds):
                for name, way in columns.items():
                    ms = await way.once_ms()
                    if number >= _WARM_UP:
                        taken[name].append(ms)
        finally:
            for way in columns.values():
                await way.aclose()
        rows += [row(what, name, ms, taken["raw"]) for name, ms in taken.items()]
    return rows


def row(what: str, name: str, ms: list[float], raw_ms: list[float]) -> dict[str, Any]:
    """Return the figures of one way; what it adds is counted request by request against the raw one beside it."""
    added = np.subtract(ms, raw_ms) if name != "raw" else None
    return {
        "what": what,
        "by": name,
        "p50 ms": f"{np.percentile(ms, 50):.2f}",
        "p99 ms": f"{np.percentile(ms, 99):.2f}",
        "added p50 ms": None if added is None else f"{np.percentile(added, 50):.2f}",
        "added p99 ms": None if added is None else f"{np.percentile(added, 99):.2f}",
        "samples": len(ms),
    }
