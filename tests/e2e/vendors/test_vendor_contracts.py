"""Every vendor keeps to the ports, against its own server on loopback."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from kit.errors import ProviderError
from pipeline.metered import MeteredLlm
from pipeline.ports import EndOfTurn, LanguageModel, SpeechToText, SttStream, TextToSpeech
from pipeline.usage import UsageMeter
from providers.anthropic.llm import AnthropicLlm
from providers.deepgram.stt import DeepgramStt
from providers.deepgram.tts import DeepgramTts
from providers.openai.llm import OpenAiLlm
from providers.openai.stt import OpenAiStt
from providers.openai.tts import OpenAiTts
from tests.support.provider_contract import LlmContract, SttContract, TtsContract
from tests.support.vendors.anthropic import AnthropicServer
from tests.support.vendors.deepgram import DeepgramSpeakServer
from tests.support.vendors.deepgram_listen import DeepgramListenServer
from tests.support.vendors.faults import Fault, Kind
from tests.support.vendors.http import KEY, HttpVendor
from tests.support.vendors.openai import OpenAiServer


class _OverHttp:
    server: HttpVendor

    async def freed(self) -> None:
        await self.server.freed()


async def _ask_until_it_fails(stream: SttStream) -> None:
    while True:
        await stream.partial()
        await asyncio.sleep(0.05)


class TestOpenAiLlm(_OverHttp, LlmContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[LanguageModel]:
        async with OpenAiServer().running() as self.server:
            llm = OpenAiLlm(base_url=f"{self.server.url}/v1", api_key=KEY, model="gpt-test")
            yield MeteredLlm(llm, UsageMeter())
            await llm.aclose()


class TestAnthropicLlm(_OverHttp, LlmContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[LanguageModel]:
        async with AnthropicServer().running() as self.server:
            llm = AnthropicLlm(base_url=self.server.url, api_key=KEY, model="claude-test")
            yield llm
            await llm.aclose()


class TestOpenAiTts(_OverHttp, TtsContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[TextToSpeech]:
        async with OpenAiServer().running() as self.server:
            tts = OpenAiTts(base_url=f"{self.server.url}/v1", api_key=KEY, model="tts-test")
            yield tts
            await tts.aclose()


class TestDeepgramTts(_OverHttp, TtsContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[TextToSpeech]:
        async with DeepgramSpeakServer().running() as self.server:
            tts = DeepgramTts(base_url=self.server.url, api_key=KEY)
            yield tts
            await tts.aclose()


class TestOpenAiStt(_OverHttp, SttContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[SpeechToText]:
        async with OpenAiServer().running() as self.server:
            stt = OpenAiStt(base_url=f"{self.server.url}/v1", api_key=KEY, model="whisper-test")
            yield stt
            await stt.aclose()


class _OverSocket(SttContract):
    model = ""
    server: DeepgramListenServer

    @pytest.fixture
    async def provider(self) -> AsyncIterator[SpeechToText]:
        async with DeepgramListenServer(["Hello there"]).running() as self.server:
            yield DeepgramStt(base_url=self.server.url.replace("ws", "http"), api_key=KEY, model=self.model)

    async def freed(self) -> None:
        await self.server.freed()


class TestDeepgramNova(_OverSocket):
    model = "nova-3"

    async def test_turns_are_kept_apart(self, provider: SpeechToText, stream: SttStream) -> None:
        self.server.script = ("one", "two")
        await self.say(provider, stream)  # and nobody asks what it was
        await self.say(provider, stream)
        result = await asyncio.wait_for(stream.finalize(), 2)
        assert result.text == "two"
        assert 0 <= result.words[0].start_s < 0.1

    async def test_another_language_is_another_socket(self, provider: SpeechToText, stream: SttStream) -> None:
        await self.say(provider, stream)
        stream.begin("de")
        stream.feed(self.turn(16_000))
        assert (await asyncio.wait_for(stream.finalize(), 2)).text == "Hello there"
        assert [handshake["language"] for handshake in self.server.handshakes] == ["en", "de"]

    async def test_a_socket_gone_deaf_is_noticed_within_3_s(self, provider: SpeechToText, stream: SttStream) -> None:
        await self.say(provider, stream)
        self.server.now = Fault(Kind.HALF_OPEN, 0)
        await self.say(provider, stream)
        async with asyncio.timeout(3):
            with pytest.raises(ProviderError) as caught:
                await _ask_until_it_fails(stream)
        assert caught.value.code == "provider.stalled"

    async def test_a_quiet_socket_is_kept(self, provider: SpeechToText, stream: SttStream) -> None:
        assert "KeepAlive" in self.server.controls


class TestDeepgramFlux(_OverSocket):
    model = "flux-general-en"
    foreign = "de"

    async def cancelled_s(self, stream: SttStream) -> float:
        stream.feed(self.turn(16_000))  # which it cannot have read yet
        return await super().cancelled_s(stream)

    async def test_it_says_when_the_turn_is_over(self, provider: SpeechToText, stream: SttStream) -> None:
        await self.say(provider, stream)
        for _ in range(50):
            stream.feed(bytes(640))
        signals = []
        async for signal in stream.signals():
            signals.append(signal)
            if isinstance(signal, EndOfTurn):
                break
        assert [type(signal).__name__ for signal in signals] == ["EagerEnd", "EndOfTurn"]
        assert [signal.text for signal in signals if isinstance(signal, EndOfTurn)] == ["Hello there"]
