import asyncio

import numpy as np
import pytest

from kit.errors import ProviderError
from pipeline.ports import (
    EndOfTurnModel,
    LanguageModel,
    LlmOptions,
    Message,
    SpeechToText,
    SttResult,
    TextToSpeech,
    ToolCall,
    VoiceActivityModel,
    VoiceGate,
    WordTimes,
)
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn, FakeGate, FakeVad
from tests.support.provider_contract import audio_of

# mypy proves here that each fake fills its port
_PORTS: tuple[type[SpeechToText], type[LanguageModel], type[TextToSpeech], type[VoiceActivityModel]] = (
    FakeStt,
    FakeLlm,
    FakeTts,
    FakeVad,
)
_SMALL_PORTS: tuple[type[EndOfTurnModel], type[VoiceGate]] = (FakeEndOfTurn, FakeGate)


async def test_each_finalized_turn_uses_one_entry_of_the_script() -> None:
    stream = await FakeStt(["one", SttResult("two", 0.4)]).open("en")
    stream.begin()
    assert (await stream.finalize()).text == "one"
    assert (await stream.finalize()).text == "one"
    stream.begin()
    stream.begin()  # noise that nobody finalized
    assert await stream.finalize() == SttResult("two", 0.4)
    stream.begin()
    assert (await stream.finalize()).text == ""


async def test_a_partial_grows_with_the_audio() -> None:
    stream = await FakeStt(["one two three four"]).open("en")
    stream.begin()
    stream.feed(bytes(16_000 * 2))
    assert (await stream.partial()).text == "one two three"


async def test_closing_a_stream_twice_counts_once() -> None:
    stt = FakeStt([])
    stream = await stt.open("en")
    await stream.aclose()
    await stream.aclose()
    assert (stt.opened, stt.live) == (1, 0)


async def test_a_model_yields_its_script_and_keeps_what_it_was_asked() -> None:
    call = ToolCall("1", "book", {})
    llm = FakeLlm([["Hello ", "there."], [call]])
    ask = [Message("user", "hi")]
    assert [p async for p in llm.stream(ask, (), LlmOptions())] == ["Hello ", "there."]
    assert [p async for p in llm.stream(ask, (), LlmOptions())] == [call]
    assert llm.requests[1].messages == (Message("user", "hi"),)
    assert llm.cancelled == 0


async def test_a_scripted_failure_comes_after_the_pieces_before_it() -> None:
    llm = FakeLlm([["a", "b"]], pace=Pace(fail_after=1))
    answer = llm.stream((), (), LlmOptions())
    assert await anext(answer) == "a"
    with pytest.raises(ProviderError, match="as scripted"):
        await anext(answer)
    assert llm.cancelled == 1


async def test_a_stalled_voice_can_be_cancelled() -> None:
    tts = FakeTts(pace=Pace(stall_after=1))
    got: list[bytes | WordTimes] = []

    async def listen() -> None:
        async for chunk in tts.stream("hello there"):
            got.append(chunk)  # noqa: PERF401  what came before the stall matters

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(listen(), 0.01)
    assert len(got) == 1
    assert tts.cancelled == 1


async def test_speech_is_as_long_as_its_text_and_the_same_each_time() -> None:
    tts = FakeTts(rate_hz=8000, s_per_char=0.05)
    first = await audio_of(tts.stream("hello"))
    assert len(first) == 2 * tts.duration_samples("hello") == 2 * 2000
    assert first == await audio_of(tts.stream("hello"))
    assert np.abs(np.frombuffer(first, "<i2")).max() > 4000


def test_loud_is_speech_and_quiet_is_not() -> None:
    vad = FakeVad()
    windows = np.stack([np.full(512, 0.5, np.float32), np.zeros(512, np.float32)])
    probabilities, states = vad.run(windows, np.stack([vad.new_state()] * 2))
    assert probabilities.tolist() == [1.0, 0.0]
    assert states.tolist() == [[1.0], [1.0]]
    assert FakeGate().may_be_speech(b"\1\0")
    assert not FakeGate().may_be_speech(bytes(640))


async def test_the_last_probability_repeats() -> None:
    model = FakeEndOfTurn(0.1, 0.9)
    assert [await model.probability(b"12") for _ in range(3)] == [0.1, 0.9, 0.9]
    assert model.asked == [2, 2, 2]
