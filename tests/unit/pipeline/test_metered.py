import asyncio

import pytest

from kit.errors import ProviderError
from pipeline.metered import metered
from pipeline.ports import LlmOptions, LlmUsage, Message, Providers
from pipeline.usage import ProviderUse
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts

_HI = (Message("user", "hi"),)


def _shared(llm: FakeLlm | None = None) -> Providers:
    return Providers(FakeStt(["hello"]), FakeTts(), None, llm)


async def test_sound_words_and_tokens_are_added_up_for_each_model() -> None:
    call = metered(_shared(FakeLlm([["Hello.", LlmUsage(20, 5)]])))
    stream = await call.stt.open("en", 8000)
    for _ in range(2):
        stream.begin()
        stream.feed(bytes(8000))
    await stream.aclose()
    await stream.aclose()
    assert call.llm is not None
    for _ in range(2):
        async for _ in call.llm.stream(_HI, (), LlmOptions()):
            pass
    async for _ in call.tts.stream("Hello."):
        pass
    assert call.usage.uses() == (
        ProviderUse("stt", "fake", "script", requests=1, audio_s=1.0),
        ProviderUse("llm", "fake", "script", requests=2, tokens_in=40, tokens_out=10),
        ProviderUse("tts", "fake", "buzz", requests=1, characters=6),
    )


async def test_an_answer_that_was_cut_off_is_counted_without_its_tokens() -> None:
    call = metered(_shared(FakeLlm([["Hello.", "More.", LlmUsage(20, 5)]])))
    assert call.llm is not None
    answer = call.llm.stream(_HI, (), LlmOptions())
    await anext(answer)
    await answer.aclose()
    assert call.usage.uses() == (ProviderUse("llm", "fake", "script", requests=1, uncounted=1),)


async def test_what_fails_is_counted_too_and_fails_as_before() -> None:
    call = metered(_shared(FakeLlm([["Hello."]], pace=Pace(fail_after=0))))
    assert call.llm is not None
    with pytest.raises(ProviderError):
        await anext(call.llm.stream(_HI, (), LlmOptions()))
    assert [use.uncounted for use in call.usage.uses()] == [1]


async def test_calls_count_apart() -> None:
    shared = _shared()
    one, other = metered(shared), metered(shared)
    async for _ in one.tts.stream("Hello."):
        await asyncio.sleep(0)
    assert [use.characters for use in one.usage.uses()] == [6]
    assert other.usage.uses() == ()
