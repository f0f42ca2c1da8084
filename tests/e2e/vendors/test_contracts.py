"""Every provider keeps to the ports, native and hosted, each against its vendor's own server on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from kit.errors import ProviderError
from pipeline.metered import MeteredLlm
from pipeline.ports import EndOfTurn, LanguageModel, LlmOptions, SpeechToText, SttStream, TextToSpeech
from pipeline.usage import Kind as Work
from pipeline.usage import UsageMeter
from providers.fake.tts import buzz
from tests.support.provider_contract import (
    ASK,
    CANCEL_LIMIT_S,
    SENTENCE,
    LlmContract,
    SttContract,
    SttTalk,
    TtsContract,
    audio_of,
    cancel_s,
)
from tests.support.side_by_side import each_alone
from tests.support.vendors.at_hand import PROVIDERS, AtHand, running
from tests.support.vendors.faults import Fault, Kind
from tests.support.vendors.openai import OpenAiServer

SCRIPT = ("Hello there",) * 99


def provider_of(work: Work, names: Iterable[str]) -> Any:
    """Return the fixture that a contract wants, for each of these providers."""

    @pytest.fixture(params=[*names])
    async def provider(self: "_AtHand", request: pytest.FixtureRequest) -> AsyncIterator[Any]:
        self.at_hand = PROVIDERS[work][request.param]
        script = SCRIPT if work == "stt" else ()
        async with running(work, request.param, *script) as (self.server, self.kept):
            yield self.kept

    return provider


class _AtHand:
    at_hand: AtHand
    server: Any
    kept: Any

    async def freed(self) -> None:
        """Ask the far end; what is hosted for the next request is closed before."""
        if self.at_hand.hosted:
            await self.kept.aclose()
        await self.server.freed()


# --- whatever the vendor does -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [Kind.STALL, Kind.HALF_OPEN, Kind.DRIBBLE])
@pytest.mark.parametrize("work", PROVIDERS)
async def test_cancelling_frees_at_once_while_the_vendor_does_not_answer(work: Work, kind: Kind) -> None:
    for name in PROVIDERS[work]:  # one by one: it is measured
        await each_alone([name], lambda each: _frees(work, each, kind))


async def _frees(work: Work, name: str, kind: Kind) -> None:
    async with running(work, name, *(SCRIPT if work == "stt" else ())) as (server, provider):
        server.later = Fault(kind, 0)
        asked = (_ask(work, provider, number) for number in range(3))
        assert min([await cancel_s(each, lambda: asyncio.sleep(0.1)) for each in asked]) < CANCEL_LIMIT_S
        await provider.aclose()
        await server.freed()


async def _ask(work: Work, provider: Any, number: int) -> None:
    if work == "tts":
        await audio_of(provider.stream(f"{SENTENCE} Line {number}, please."))
    elif work == "llm":
        async for _ in provider.stream(ASK, (), LlmOptions()):
            pass
    else:
        stream = await provider.open("en", provider.capabilities.rates_hz[0])
        try:
            stream.begin()
            stream.feed(buzz(16_000, 16_000))
            while True:
                with contextlib.suppress(ProviderError):
                    await stream.finalize()
                await asyncio.sleep(0.02)
        finally:
            await stream.aclose()


# --- voices -----------------------------------------------------------------------------------------------------------
class TestVoices(_AtHand, TtsContract):
    provider = provider_of("tts", PROVIDERS["tts"])


class TestCartesiasVoice(_AtHand):
    provider = provider_of("tts", ["hosted cartesia"])

    async def test_an_interruption_reaches_the_vendor_and_the_socket_is_used_again(
        self, provider: TextToSpeech
    ) -> None:
        for spoken in range(1, 26):  # a busy machine may take longer than the 25 ms that an interruption has
            items = provider.stream(f"{SENTENCE} {spoken}")
            await anext(items)
            await items.aclose()
            if self.server.cancelled and self.server.accepted < spoken:
                break
        async with asyncio.timeout(1):
            while self.server.speaking:  # noqa: ASYNC110  seen from far away
                await asyncio.sleep(0.01)
        assert self.server.cancelled
        assert self.server.accepted < spoken

    async def test_two_calls_speak_at_once(self, provider: TextToSpeech) -> None:
        async def spoken(text: str) -> int:
            return len(b"".join([item async for item in provider.stream(text) if isinstance(item, bytes)]))

        one, two = await asyncio.gather(spoken("One."), spoken("Two, and three."))
        assert (one, two) == (2 * 24_000 * 4 // 20, 2 * 24_000 * 15 // 20)


# --- language models --------------------------------------------------------------------------------------------------
class TestModels(_AtHand, LlmContract):
    provider = provider_of("llm", PROVIDERS["llm"])

    async def test_counting_changes_nothing(self, provider: LanguageModel) -> None:
        await self.test_text_comes_first_and_its_cost_last(MeteredLlm(provider, UsageMeter()))


class TestOpenAisHostedModel(_AtHand):
    provider = provider_of("llm", ["hosted openai"])

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


# --- recognisers ------------------------------------------------------------------------------------------------------
class TestRecognisers(_AtHand, SttContract):
    provider = provider_of("stt", [name for name in PROVIDERS["stt"] if name != "flux"])

    async def silent(self, stream: SttStream) -> str:
        if isinstance(self.server, OpenAiServer):
            self.server.transcript = ""
        return await super().silent(stream)


class TestFlux(_AtHand, SttContract):
    provider = provider_of("stt", ["flux"])
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


class TestSocketsThatReadAlong(_AtHand, SttTalk):
    provider = provider_of("stt", ["nova", "hosted cartesia"])

    async def test_a_socket_gone_deaf_is_noticed_within_3_s(self, provider: SpeechToText, stream: SttStream) -> None:
        await self.say(provider, stream)
        self.server.now = Fault(Kind.HALF_OPEN, 0)
        await self.say(provider, stream)
        async with asyncio.timeout(3):
            with pytest.raises(ProviderError) as caught:
                await _ask_until_it_fails(stream)
        assert caught.value.retryable

    async def test_another_language_is_another_socket(self, provider: SpeechToText, stream: SttStream) -> None:
        for language in ("en", "de"):
            stream.begin(language)
            stream.feed(self.turn(16_000))
            assert (await asyncio.wait_for(stream.finalize(), 2)).text == "Hello there"
        assert self.server.accepted == 2


class TestNova(_AtHand, SttTalk):
    provider = provider_of("stt", ["nova"])

    async def test_turns_are_kept_apart(self, provider: SpeechToText, stream: SttStream) -> None:
        self.server.script = ("one", "two")
        await self.say(provider, stream)  # and nobody asks what it was
        await self.say(provider, stream)
        result = await asyncio.wait_for(stream.finalize(), 2)
        assert result.text == "two"
        assert 0 <= result.words[0].start_s < 0.1

    async def test_a_quiet_socket_is_kept(self, provider: SpeechToText, stream: SttStream) -> None:
        async with asyncio.timeout(6):
            while "KeepAlive" not in self.server.controls:  # noqa: ASYNC110  seen from far away
                await asyncio.sleep(0.05)


async def _ask_until_it_fails(stream: SttStream) -> None:
    while True:
        await stream.partial()
        await asyncio.sleep(0.05)
