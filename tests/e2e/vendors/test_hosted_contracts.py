"""Services of pipecat, hosted, keep to the ports, each against its vendor's own server on loopback."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit.errors import ProviderError
from pipeline.metered import MeteredLlm
from pipeline.ports import LanguageModel, LlmOptions, SpeechToText, SttStream, TextToSpeech
from pipeline.usage import UsageMeter
from providers.pipecat_host.entry import hosted
from tests.support.provider_contract import ASK, SENTENCE, LlmContract, SttContract, TtsContract
from tests.support.vendors import cartesia, elevenlabs
from tests.support.vendors.azure import AzureServer
from tests.support.vendors.cartesia import CartesiaServer
from tests.support.vendors.deepgram import VOICE as AURA
from tests.support.vendors.deepgram import DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.deepgram_speak import DeepgramSpeakSocket
from tests.support.vendors.elevenlabs import ElevenLabsServer
from tests.support.vendors.faults import Fault, Kind
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import OpenAiServer

SERVICES = "pipecat.services"


async def ask_until_it_fails(stream: SttStream) -> None:
    while True:
        await stream.partial()
        await asyncio.sleep(0.05)


class _Hosted:
    """What is kept for the next request is closed before the far end is asked."""

    server: Any
    kept: Any

    async def freed(self) -> None:
        await self.kept.aclose()
        await self.server.freed()


# --- voices -----------------------------------------------------------------------------------------------------------
class TestCartesiaTts(_Hosted, TtsContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[TextToSpeech]:
        async with CartesiaServer().running() as self.server:
            picked = f"{SERVICES}.cartesia.tts.CartesiaTTSService?voice={cartesia.VOICE}"
            self.kept = hosted("tts", picked, KEY, f"{self.server.url}/tts/websocket")
            yield self.kept
            await self.kept.aclose()

    async def test_an_interruption_reaches_the_vendor_and_the_socket_is_used_again(
        self, provider: TextToSpeech
    ) -> None:
        for number in range(5):
            items = provider.stream(f"{SENTENCE} {number}")
            await anext(items)
            await items.aclose()
        async with asyncio.timeout(1):
            while self.server.speaking:  # noqa: ASYNC110  seen from far away
                await asyncio.sleep(0.01)
        assert self.server.cancelled
        assert self.server.accepted < 5, "a busy machine may take longer than the 25 ms that an interruption has"

    async def test_two_calls_speak_at_once(self, provider: TextToSpeech) -> None:
        async def spoken(text: str) -> int:
            return len(b"".join([item async for item in provider.stream(text) if isinstance(item, bytes)]))

        one, two = await asyncio.gather(spoken("One."), spoken("Two, and three."))
        assert (one, two) == (2 * 24_000 * 4 // 20, 2 * 24_000 * 15 // 20)


class TestElevenLabsTts(_Hosted, TtsContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[TextToSpeech]:
        async with ElevenLabsServer().running() as self.server:
            picked = f"{SERVICES}.elevenlabs.tts.ElevenLabsTTSService?voice={elevenlabs.VOICE}"
            self.kept = hosted("tts", picked, KEY, self.server.url)
            yield self.kept
            await self.kept.aclose()


class TestDeepgramTts(_Hosted, TtsContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[TextToSpeech]:
        async with DeepgramSpeakSocket().running() as self.server:
            self.kept = hosted("tts", f"{SERVICES}.deepgram.tts.DeepgramTTSService", KEY, self.server.url)
            yield self.kept
            await self.kept.aclose()


class TestDeepgramTtsOverHttp(_Hosted, TtsContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[TextToSpeech]:
        async with DeepgramSpeakServer().running() as self.server:
            picked = f"{SERVICES}.deepgram.tts.DeepgramHttpTTSService?voice={AURA}"
            self.kept = hosted("tts", picked, KEY, self.server.url)
            yield self.kept
            await self.kept.aclose()


class TestOpenAiTts(_Hosted, TtsContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[TextToSpeech]:
        async with OpenAiServer().running() as self.server:
            picked = f"{SERVICES}.openai.tts.OpenAITTSService?voice=alloy"
            self.kept = hosted("tts", picked, KEY, self.server.base_url)
            yield self.kept
            await self.kept.aclose()


# --- language models --------------------------------------------------------------------------------------------------
class TestOpenAiLlm(_Hosted, LlmContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[LanguageModel]:
        async with OpenAiServer().running() as self.server:
            picked = f"{SERVICES}.openai.llm.OpenAILLMService?model=gpt-test"
            self.kept = hosted("llm", picked, KEY, self.server.base_url)
            yield MeteredLlm(self.kept, UsageMeter())
            await self.kept.aclose()

    async def test_the_first_answer_comes_over_the_connection_that_was_warmed(self, provider: LanguageModel) -> None:
        await provider.warm()
        assert self.server.accepted == 1
        assert [item async for item in provider.stream(ASK, (), LlmOptions())]
        assert self.server.accepted == 1

    async def test_limits_and_a_schema_are_passed_on(self, provider: LanguageModel) -> None:
        schema = {"type": "object", "properties": {"name": {"type": "string"}}}
        options = LlmOptions(max_tokens=7, temperature=0.0, stop=("\n",), json_schema=schema)
        assert [item async for item in provider.stream(ASK, (), options)]
        (chat,) = self.server.chats
        assert (chat["max_tokens"], chat["temperature"], chat["stop"]) == (7, 0.0, ["\n"])
        assert chat["response_format"]["json_schema"]["schema"] == schema


class TestAzureLlm(_Hosted, LlmContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[LanguageModel]:
        async with AzureServer().running() as self.server:
            picked = f"{SERVICES}.azure.llm.AzureLLMService?model=gpt-test"
            self.kept = hosted("llm", picked, KEY, self.server.endpoint)
            yield self.kept
            await self.kept.aclose()


# --- recognisers ------------------------------------------------------------------------------------------------------
class TestCartesiaStt(SttContract):
    server: CartesiaServer

    @pytest.fixture
    async def provider(self) -> AsyncIterator[SpeechToText]:
        async with CartesiaServer(["hello there"] * 99).running() as self.server:
            yield hosted("stt", f"{SERVICES}.cartesia.stt.CartesiaSTTService", KEY, self.server.url)

    async def freed(self) -> None:
        await self.server.freed()

    async def test_a_socket_gone_deaf_is_noticed_within_3_s(self, provider: SpeechToText, stream: SttStream) -> None:
        await self.say(provider, stream)
        self.server.now = Fault(Kind.HALF_OPEN, 0)
        await self.say(provider, stream)
        async with asyncio.timeout(3):
            with pytest.raises(ProviderError):
                await ask_until_it_fails(stream)

    async def test_another_language_is_another_socket(self, provider: SpeechToText, stream: SttStream) -> None:
        stream.begin("en")
        stream.feed(self.turn(16_000))
        assert (await asyncio.wait_for(stream.finalize(), 2)).text == "hello there"
        stream.begin("de")
        stream.feed(self.turn(16_000))
        assert (await asyncio.wait_for(stream.finalize(), 2)).text == "hello there"
        assert self.server.accepted == 2


class TestDeepgramStt(SttContract):
    server: DeepgramListenServer

    @pytest.fixture
    async def provider(self) -> AsyncIterator[SpeechToText]:
        async with DeepgramListenServer(["Hello there"]).running() as self.server:
            yield hosted("stt", f"{SERVICES}.deepgram.stt.DeepgramSTTService", KEY, self.server.url)

    async def freed(self) -> None:
        await self.server.freed()


class TestOpenAiStt(SttContract):
    server: OpenAiServer

    @pytest.fixture
    async def provider(self) -> AsyncIterator[SpeechToText]:
        async with OpenAiServer().running() as self.server:
            picked = f"{SERVICES}.openai.stt.OpenAISTTService?model=whisper-test"
            yield hosted("stt", picked, KEY, self.server.base_url)

    async def freed(self) -> None:
        await self.server.freed()

    async def silent(self, stream: SttStream) -> str:
        self.server.transcript = ""
        return await super().silent(stream)
