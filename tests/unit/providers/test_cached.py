import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest

from kit.errors import ProviderError
from pipeline.ports import AS_MADE, SpeakOptions, WordTimes
from providers.cached import CachedTts, SpeechKey, SpeechStore
from providers.fake.pace import Pace
from providers.fake.tts import FakeTts
from tests.support import virtual_time

MEGABYTE = 1_000_000


def run(tts: FakeTts, scenario: Callable[[CachedTts, SpeechStore], Awaitable[None]], max_bytes: int = MEGABYTE) -> None:
    async def call() -> None:
        store = SpeechStore(max_bytes)
        async with asyncio.TaskGroup() as tasks:
            await scenario(CachedTts(tts, store, tasks.create_task), store)
        assert len(asyncio.all_tasks()) == 1, "no synthesis outlives its listeners"

    virtual_time.run(call())


async def said(tts: CachedTts, text: str, options: SpeakOptions = AS_MADE) -> bytes:
    return b"".join([item async for item in tts.stream(text, options) if isinstance(item, bytes)])


class Failing(FakeTts):
    """Says a little and breaks."""

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        self.spoken.append(text)
        yield b"\x01\x00" * 100
        raise ProviderError("fake", "broken", retryable=True)


class Endless(FakeTts):
    """Never comes to an end."""

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        while True:
            yield b"\x01\x00" * 160_000
            await asyncio.sleep(0)


def test_what_was_said_before_is_not_made_again() -> None:
    async def scenario(tts: CachedTts, _store: SpeechStore) -> None:
        first = await said(tts, "hello there")
        assert first
        assert await said(tts, "hello there") == first

    voice = FakeTts(word_times=True)
    run(voice, scenario)
    assert voice.spoken == ["hello there"]


@pytest.mark.parametrize(
    "options", [SpeakOptions(voice="other"), SpeakOptions(language="de"), SpeakOptions(rate_hz=8000)]
)
def test_another_voice_language_or_rate_is_another_synthesis(options: SpeakOptions) -> None:
    async def scenario(tts: CachedTts, _store: SpeechStore) -> None:
        await said(tts, "hello")
        await said(tts, "hello", options)

    voice = FakeTts()
    run(voice, scenario)
    assert voice.asked == [AS_MADE, options]


def test_two_who_ask_at_once_share_one_synthesis_and_each_hears_it_as_it_comes() -> None:
    async def scenario(tts: CachedTts, _store: SpeechStore) -> None:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(said(tts, "hello there"))
            await asyncio.sleep(0.25)
            second = tasks.create_task(said(tts, "hello there"))
        assert first.result() == second.result() != b""

    voice = FakeTts(pace=Pace(first_s=0.1, gap_s=0.1))
    run(voice, scenario)
    assert voice.spoken == ["hello there"]


def test_who_leaves_does_not_take_the_sound_from_the_others() -> None:
    async def scenario(tts: CachedTts, store: SpeechStore) -> None:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(said(tts, "hello there"))
            second = tasks.create_task(said(tts, "hello there"))
            await asyncio.sleep(0.25)
            first.cancel()
        assert second.result()
        assert store.bytes == len(second.result())

    voice = FakeTts(pace=Pace(first_s=0.1, gap_s=0.1))
    run(voice, scenario)
    assert (voice.spoken, voice.cancelled) == (["hello there"], 0)


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.15, 0.35])
def test_a_synthesis_that_nobody_waits_for_ends_and_is_not_kept(after_s: float) -> None:
    async def scenario(tts: CachedTts, store: SpeechStore) -> None:
        async with asyncio.TaskGroup() as tasks:
            only = tasks.create_task(said(tts, "hello there"))
            await asyncio.sleep(after_s)
            only.cancel()
        await asyncio.sleep(0.01)
        assert store.bytes == 0
        assert await said(tts, "hello there"), "who asks then gets all of it"
        assert store.bytes > 0

    run(FakeTts(pace=Pace(first_s=0.1, gap_s=0.1)), scenario)


def test_a_sentence_that_broke_is_not_kept_and_all_who_listen_learn_of_it() -> None:
    async def scenario(tts: CachedTts, store: SpeechStore) -> None:
        failures = await asyncio.gather(said(tts, "hello"), said(tts, "hello"), return_exceptions=True)
        assert [type(each) for each in failures] == [ProviderError, ProviderError]
        with pytest.raises(ProviderError):
            await said(tts, "hello")
        assert store.bytes == 0

    voice = Failing()
    run(voice, scenario)
    assert voice.spoken == ["hello", "hello"]


def test_a_sentence_that_does_not_end_is_broken_off() -> None:
    async def scenario(tts: CachedTts, store: SpeechStore) -> None:
        with pytest.raises(ProviderError, match="does not end"):
            await said(tts, "hello")
        assert store.bytes == 0

    run(Endless(), scenario, 10**9)


def test_the_least_recently_heard_is_dropped_first() -> None:
    async def scenario(tts: CachedTts, store: SpeechStore) -> None:
        for text in ("aaaa", "bbbb", "aaaa", "cccc"):  # room for two
            await said(tts, text)
        await said(tts, "aaaa")
        assert store.bytes <= 20_000
        await said(tts, "bbbb")

    voice = FakeTts()  # 7680 bytes for four letters
    run(voice, scenario, 20_000)
    assert voice.spoken == ["aaaa", "bbbb", "cccc", "bbbb"]


def test_nothing_is_kept_where_there_is_no_room() -> None:
    async def scenario(tts: CachedTts, store: SpeechStore) -> None:
        assert await said(tts, "hello") == await said(tts, "hello")
        assert store.bytes == 0
        await tts.aclose()

    voice = FakeTts()
    run(voice, scenario, 0)
    assert voice.spoken == ["hello", "hello"]


def test_voices_share_a_store_without_taking_each_others_words() -> None:
    store = SpeechStore(MEGABYTE)
    one, other = (SpeechKey(provider, "m", "v", None, 8000, "hello") for provider in ("one", "other"))
    store.put(one, (b"1",))
    store.put(other, (b"2",))
    store.put(other, (b"33",))
    assert (store.get(one), store.get(other), store.bytes) == ((b"1",), (b"33",), 3)


def test_a_sentence_prepared_is_there_when_it_is_asked_for() -> None:
    async def scenario(tts: CachedTts, _store: SpeechStore) -> None:
        loop = asyncio.get_running_loop()
        await tts.prepare("hello", AS_MADE, FakeTts(pace=Pace(first_s=2.0)))
        began_s = loop.time()
        assert await said(tts, "hello")
        assert loop.time() == began_s

    voice = FakeTts(pace=Pace(first_s=1.0))
    run(voice, scenario)
    assert voice.spoken == []
