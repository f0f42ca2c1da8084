"""What every provider must keep to, whoever wrote it: one suite a kind, filled in by a subclass for each provider.

A subclass gives the fixture that makes the provider, and says by `freed` how its far end sees that nothing is open.
Times are the best of a few tries: the limit is on the provider, not on what else the machine does.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from types import CoroutineType
from typing import Any, Generic, TypeVar

import pytest
from websockets.asyncio.server import ServerConnection

from flows.actions import ToolSpec
from kit.errors import ProviderError
from pipeline.ports import (
    LanguageModel,
    LlmOptions,
    LlmUsage,
    Message,
    SpeakOptions,
    SpeechToText,
    SttStream,
    TextToSpeech,
    ToolCall,
    WordTimes,
)
from providers.fake.tts import buzz

CANCEL_LIMIT_S = 0.05
_TRIES = 5
_PATIENCE_S = 30.0

ASK = (Message("system", "Be brief."), Message("user", "Say hello."))
WEATHER = ToolSpec(
    "weather", "Tell the weather.", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
)
SENTENCE = "Good morning, and welcome to the harbour office."

Provider = TypeVar("Provider")


async def audio_of(items: AsyncGenerator[bytes | WordTimes, None]) -> bytes:
    """Return all the audio of a stream."""
    return b"".join([item async for item in items if isinstance(item, bytes)])


async def cancel_s(work: Coroutine[Any, Any, Any], began: Callable[[], Awaitable[None]]) -> float:
    """Start `work`, cancel it once `began` returns, and tell how long it took to be gone."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    await began()
    assert not task.done(), "there was nothing left to cancel"
    started_s = loop.time()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled(), "it is cancelled, not failed and not finished"
    return loop.time() - started_s


async def soon() -> None:
    """Let what was started get on its way."""
    await asyncio.sleep(0.02)


def running_tasks() -> list[str]:
    """Return what runs now, without the test's own and its servers' tasks."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    ours = [each for each in coroutines if inspect.iscoroutine(each) and not _is_of_a_server(each)]
    return [each.__qualname__ for each in ours]


def _is_of_a_server(work: "CoroutineType[Any, Any, Any]") -> bool:
    path = work.cr_code.co_filename
    owner = work.cr_frame.f_locals.get("self") if work.cr_frame else None
    return "/tests/" in path or path.endswith("asyncio/server.py") or isinstance(owner, ServerConnection)


class _Contract(Generic[Provider]):
    async def freed(self) -> None:
        """Return once the far end sees nothing open any more; fail if that takes long."""

    @pytest.fixture(autouse=True)
    async def _leaves_no_task(self, provider: Provider) -> AsyncGenerator[None, None]:
        before = running_tasks()
        yield
        await self.freed()
        await asyncio.sleep(0)
        assert sorted(running_tasks()) == sorted(before)

    async def test_it_can_be_warmed_and_says_who_it_is(self, provider: Any) -> None:
        await provider.warm()
        await provider.warm()
        assert provider.provider
        assert provider.model


class SttTalk:
    """A stream and a turn said to it, for whoever gives a `provider` fixture."""

    language = "en"

    def turn(self, rate_hz: int) -> bytes:
        """Return the sound of one turn, int16."""
        return buzz(rate_hz, rate_hz)

    @pytest.fixture
    async def stream(self, provider: SpeechToText) -> AsyncGenerator[SttStream, None]:
        """An open stream, closed afterwards, whatever happened."""
        stream = await provider.open(self.language, provider.capabilities.rates_hz[0])
        yield stream
        await stream.aclose()

    async def say(self, provider: SpeechToText, stream: SttStream) -> None:
        """Speak one turn in 20 ms frames."""
        rate_hz = provider.capabilities.rates_hz[0]
        pcm, frame_bytes = self.turn(rate_hz), rate_hz // 50 * 2
        stream.begin()
        for start in range(0, len(pcm), frame_bytes):
            stream.feed(pcm[start : start + frame_bytes])
            await asyncio.sleep(0)


class SttContract(SttTalk, _Contract[SpeechToText]):
    """Gives a `provider` fixture, which hears `words` in the sound of `turn`."""

    words = "hello there"
    foreign: str | None = None  # a language it must refuse

    async def test_a_turn_is_read(self, provider: SpeechToText, stream: SttStream) -> None:
        await self.say(provider, stream)
        result = await asyncio.wait_for(stream.finalize(), _PATIENCE_S)
        assert result.text.lower().strip(" .") == self.words
        assert 0 <= result.confidence <= 1
        assert bool(result.words) <= provider.capabilities.word_times
        assert all(word.start_s <= word.end_s for word in result.words)

    async def test_finalizing_again_says_the_same(self, provider: SpeechToText, stream: SttStream) -> None:
        await self.say(provider, stream)
        first = await asyncio.wait_for(stream.finalize(), _PATIENCE_S)
        assert (await asyncio.wait_for(stream.finalize(), _PATIENCE_S)).text == first.text

    async def test_a_partial_is_a_beginning(self, provider: SpeechToText, stream: SttStream) -> None:
        if not provider.capabilities.partials:
            pytest.skip("it has none")
        await self.say(provider, stream)
        result = await asyncio.wait_for(stream.partial(), _PATIENCE_S)
        assert len(result.text) <= len(self.words) + 3

    async def test_a_turn_of_silence_has_no_words(self, provider: SpeechToText, stream: SttStream) -> None:
        stream.begin()
        stream.feed(bytes(provider.capabilities.rates_hz[0] // 5 * 2))
        assert (await asyncio.wait_for(self.silent(stream), _PATIENCE_S)) == ""

    async def silent(self, stream: SttStream) -> str:
        """Read a turn without words."""
        return (await stream.finalize()).text

    async def test_cancelling_frees_at_once_and_leaves_the_stream_usable(
        self, provider: SpeechToText, stream: SttStream
    ) -> None:
        times_s = []
        for _ in range(_TRIES):
            await self.say(provider, stream)
            times_s.append(await self.cancelled_s(stream))
        assert min(times_s) < CANCEL_LIMIT_S
        await self.say(provider, stream)
        assert (await asyncio.wait_for(stream.finalize(), _PATIENCE_S)).text is not None

    async def cancelled_s(self, stream: SttStream) -> float:
        """Cancel a reading that is on its way."""
        return await cancel_s(stream.finalize(), lambda: asyncio.sleep(0))

    async def test_signals_end_with_the_stream(self, provider: SpeechToText, stream: SttStream) -> None:
        reading = asyncio.ensure_future(anext(stream.signals(), None))
        await soon()
        if not provider.capabilities.end_of_turn:
            assert reading.done()
        await stream.aclose()
        assert await asyncio.wait_for(reading, 1) is None

    async def test_closing_twice_is_closing_once(self, provider: SpeechToText) -> None:
        times_s = []
        for _ in range(_TRIES):
            stream = await provider.open(self.language, provider.capabilities.rates_hz[0])
            started_s = asyncio.get_running_loop().time()
            await stream.aclose()
            times_s.append(asyncio.get_running_loop().time() - started_s)
            await stream.aclose()
        assert min(times_s) < CANCEL_LIMIT_S

    async def test_a_language_it_does_not_know_is_refused(self, provider: SpeechToText) -> None:
        if self.foreign is None:
            pytest.skip("the service decides")
        with pytest.raises(ProviderError) as caught:
            await provider.open(self.foreign)
        assert not caught.value.retryable


class LlmContract(_Contract[LanguageModel]):
    """Gives a `provider` fixture that answers with a few words, and with a call of `WEATHER` when that is offered."""

    counts_tokens = True

    async def answer(self, provider: LanguageModel, *tools: ToolSpec) -> list[str | ToolCall | LlmUsage]:
        """Return a whole answer."""
        async with asyncio.timeout(_PATIENCE_S):
            return [item async for item in provider.stream(ASK, tools, LlmOptions())]

    async def test_text_comes_first_and_its_cost_last(self, provider: LanguageModel) -> None:
        items = await self.answer(provider)
        costs = [item for item in items if isinstance(item, LlmUsage)]
        assert "".join(item for item in items if isinstance(item, str)).strip()
        assert len(costs) == self.counts_tokens
        assert items[len(items) - len(costs) :] == costs
        assert all(cost.tokens_in > 0 and cost.tokens_out > 0 for cost in costs)

    async def test_a_tool_call_comes_whole(self, provider: LanguageModel) -> None:
        if not provider.capabilities.tools:
            pytest.skip("it has none")
        calls = [item for item in await self.answer(provider, WEATHER) if isinstance(item, ToolCall)]
        assert [call.name for call in calls] == ["weather"]
        assert calls[0].call_id
        assert isinstance(calls[0].arguments["city"], str)

    async def test_closing_an_answer_in_the_middle_frees_at_once(self, provider: LanguageModel) -> None:
        times_s = []
        for _ in range(_TRIES):
            items = provider.stream(ASK, (), LlmOptions())
            await asyncio.wait_for(anext(items), _PATIENCE_S)
            started_s = asyncio.get_running_loop().time()
            await items.aclose()
            times_s.append(asyncio.get_running_loop().time() - started_s)
        assert min(times_s) < CANCEL_LIMIT_S

    async def test_cancelling_who_waits_for_the_first_word_frees_at_once(self, provider: LanguageModel) -> None:
        times_s = [await cancel_s(self.answer(provider), lambda: asyncio.sleep(0)) for _ in range(_TRIES)]
        assert min(times_s) < CANCEL_LIMIT_S

    async def test_prefilling_is_no_answer(self, provider: LanguageModel) -> None:
        await asyncio.wait_for(provider.prefill(ASK, ()), _PATIENCE_S)


class TtsContract(_Contract[TextToSpeech]):
    """Gives a `provider` fixture."""

    async def test_a_sentence_is_whole_samples_of_plausible_length(self, provider: TextToSpeech) -> None:
        for rate_hz in provider.capabilities.rates_hz:
            options = SpeakOptions(rate_hz=rate_hz)
            pcm = await asyncio.wait_for(audio_of(provider.stream(SENTENCE, options)), _PATIENCE_S)
            assert len(pcm) % 2 == 0
            assert 0.02 < len(pcm) / 2 / rate_hz / len(SENTENCE) < 0.25, "seconds a character"

    async def test_nothing_to_pronounce_is_no_error(self, provider: TextToSpeech) -> None:
        for text in ("", " ", "…"):
            await asyncio.wait_for(audio_of(provider.stream(text)), _PATIENCE_S)

    async def test_words_are_timed_in_order_within_the_audio(self, provider: TextToSpeech) -> None:
        items = [item async for item in provider.stream(SENTENCE)]
        words = [word for item in items if isinstance(item, WordTimes) for word in item.words]
        audio_s = sum(len(item) for item in items if isinstance(item, bytes)) / 2 / provider.capabilities.rates_hz[0]
        assert bool(words) == provider.capabilities.word_times
        assert all(0 <= word.start_s <= word.end_s <= audio_s + 0.1 for word in words)
        assert words == sorted(words, key=lambda word: word.start_s)

    async def test_closing_a_sentence_in_the_middle_frees_at_once(self, provider: TextToSpeech) -> None:
        times_s = []
        for number in range(_TRIES):
            items = provider.stream(f"{SENTENCE} Number {number} is free.")
            await asyncio.wait_for(anext(items), _PATIENCE_S)
            started_s = asyncio.get_running_loop().time()
            await items.aclose()
            times_s.append(asyncio.get_running_loop().time() - started_s)
        assert min(times_s) < CANCEL_LIMIT_S

    async def test_cancelling_who_waits_for_the_first_sound_frees_at_once(self, provider: TextToSpeech) -> None:
        times_s = []
        for number in range(_TRIES):  # each time another text, which no cache knows
            work = audio_of(provider.stream(f"{SENTENCE} Line {number}, please."))
            times_s.append(await cancel_s(work, lambda: asyncio.sleep(0)))
        assert min(times_s) < CANCEL_LIMIT_S

    async def test_an_unknown_voice_speaks_as_it_was_made(self, provider: TextToSpeech) -> None:
        if not provider.capabilities.voices:
            pytest.skip("the service decides")
        options = SpeakOptions(voice="nobody-has-this-voice")
        assert await asyncio.wait_for(audio_of(provider.stream(SENTENCE, options)), _PATIENCE_S)
