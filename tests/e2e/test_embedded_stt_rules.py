"""How the two engines work together, with scripted engines in the real pool."""

import asyncio
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from kit.errors import ProviderError
from providers.embedded.inference import InferencePool, Priority
from providers.embedded.log_mel import Floats
from providers.embedded.samples import to_pcm
from providers.embedded.stt import EmbeddedStt
from providers.embedded.whisper import Reading

SOUND = to_pcm(np.random.default_rng(1).uniform(-0.2, 0.2, 16_000).astype(np.float32))
SURE = Reading("call me on monday", -0.2, 0.0)
UNSURE = Reading("call me on monday", -1.2, 0.1)


class Whisper:
    def __init__(self, reading: Reading | ProviderError) -> None:
        self.decodes = 0
        self._reading = reading

    def read(self, _audio: Floats) -> Reading:
        self.decodes += 1
        if isinstance(self._reading, ProviderError):
            raise self._reading
        return self._reading


class Moonshine:
    def __init__(self, text: str) -> None:
        self.decodes = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self._text = text

    def read(self, _audio: Floats) -> str:
        self.decodes += 1
        assert self.may_end.wait(5)
        return self._text


@pytest.fixture
def pool() -> Iterator[InferencePool]:
    made = InferencePool(2)
    yield made
    made.close()


async def test_a_partial_of_the_same_speech_is_the_second_opinion(pool: InferencePool) -> None:
    whisper, moonshine = Whisper(SURE), Moonshine("call me on sunday")
    stream = await EmbeddedStt(pool, whisper, moonshine).open("en")
    stream.feed(SOUND)
    assert (await stream.partial()).text == "call me on sunday"
    stream.feed(bytes(6400))
    result = await stream.finalize()
    assert (result.text, result.alternative) == ("call me on monday", "call me on sunday")
    assert moonshine.decodes == 1


async def test_a_sure_reading_does_not_wait_for_the_second_opinion(pool: InferencePool) -> None:
    moonshine = Moonshine("call me on sunday")
    moonshine.may_end.clear()
    stream = await EmbeddedStt(pool, Whisper(SURE), moonshine).open("en")
    stream.feed(SOUND)
    assert (await stream.finalize()).alternative is None
    moonshine.may_end.set()


async def test_a_doubtful_reading_waits_for_the_second_opinion(pool: InferencePool) -> None:
    stream = await EmbeddedStt(pool, Whisper(UNSURE), Moonshine("call me on sunday")).open("en")
    stream.feed(SOUND)
    result = await stream.finalize()
    assert result.confidence < 0.5
    assert result.alternative == "call me on sunday"


async def test_engines_that_agree_give_no_alternative(pool: InferencePool) -> None:
    stream = await EmbeddedStt(pool, Whisper(UNSURE), Moonshine("Call me on Monday.")).open("en")
    stream.feed(SOUND)
    assert (await stream.finalize()).alternative is None


async def test_a_failing_engine_is_a_provider_error(pool: InferencePool) -> None:
    failure = ProviderError("whisper", "broken", retryable=True)
    stream = await EmbeddedStt(pool, Whisper(failure), Moonshine("x")).open("en")
    stream.feed(SOUND)
    with pytest.raises(ProviderError, match="broken"):
        await stream.finalize()


async def test_the_same_turn_is_not_read_twice_and_a_new_one_is(pool: InferencePool) -> None:
    whisper = Whisper(SURE)
    stream = await EmbeddedStt(pool, whisper, Moonshine("x")).open("en")
    stream.feed(SOUND)
    assert await stream.finalize() == await stream.finalize()
    assert whisper.decodes == 1
    stream.begin()
    assert (await stream.finalize()).text == ""
    stream.feed(SOUND)
    assert (await stream.finalize()).text == SURE.text
    assert whisper.decodes == 2


async def test_when_the_pool_is_busy_a_partial_is_the_last_one_again(pool: InferencePool) -> None:
    stream = await EmbeddedStt(pool, Whisper(SURE), Moonshine("call me")).open("en")
    stream.feed(SOUND)
    await stream.partial()
    begun, go = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert go.wait(5)

    async with asyncio.TaskGroup() as group:
        group.create_task(pool.run(Priority.FINAL, hold))
        await asyncio.to_thread(begun.wait, 5)
        stream.feed(SOUND)
        assert (await stream.partial()).text == "call me"
        go.set()


@pytest.mark.parametrize("made_up", [Reading("You", -2.0, 0.9), Reading("[MUSIC]", -0.3, 0.1), Reading(".", -2.5, 0.1)])
async def test_what_is_not_speech_has_no_text(pool: InferencePool, made_up: Reading) -> None:
    stream = await EmbeddedStt(pool, Whisper(made_up), Moonshine("You")).open("en")
    stream.feed(SOUND)
    result = await stream.finalize()
    assert (result.text, result.alternative) == ("", None)


async def test_only_english_is_understood(pool: InferencePool) -> None:
    with pytest.raises(ProviderError, match="only English"):
        await EmbeddedStt(pool, Whisper(SURE), Moonshine("x")).open("de-DE")
