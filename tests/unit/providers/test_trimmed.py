from collections.abc import AsyncGenerator

from pipeline.ports import AS_MADE, SpeakOptions, TextToSpeech, WordTime, WordTimes
from providers.fake.tts import FakeTts, buzz
from providers.trimmed import TrimmedTts
from tests.support import virtual_time


class SlowToBegin(FakeTts):
    """Half a second of silence, the words' times, a second of sound, a second of silence."""

    async def stream(self, text: str, options: SpeakOptions = AS_MADE) -> AsyncGenerator[bytes | WordTimes, None]:
        yield bytes(16_000)
        yield WordTimes((WordTime(text, 0.5, 1.5),))
        yield buzz(16_000, 16_000)
        yield bytes(32_000)


async def said(tts: TextToSpeech) -> tuple[bytes, list[WordTimes]]:
    items = [item async for item in tts.stream("hello")]
    times = [item for item in items if isinstance(item, WordTimes)]
    return b"".join(item for item in items if isinstance(item, bytes)), times


def test_a_sentence_begins_and_ends_where_it_sounds_and_its_words_move_along() -> None:
    pcm, times = virtual_time.run(said(TrimmedTts(SlowToBegin())))
    assert 1.14 <= len(pcm) / 32_000 <= 1.17
    assert len(times) == 1
    assert abs(times[0].words[0].start_s - 0.01) < 0.006
    assert abs(times[0].words[0].end_s - 1.01) < 0.006


def test_a_voice_without_sound_says_nothing() -> None:
    assert virtual_time.run(said(TrimmedTts(FakeTts(s_per_char=0.0)))) == (b"", [])
