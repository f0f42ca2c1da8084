import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.ears import Ears
from pipeline.turns.voice_activity import SpeechStarted
from pipeline.vad import VadScheduler
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.vad import FakeVad
from tests.support import virtual_time


class Tape(FakeSttStream):
    def __init__(self) -> None:
        super().__init__(FakeStt([]))
        self.turns: list[list[int]] = []

    def begin(self, language: str | None = None) -> None:
        self.turns.append([])

    def feed(self, pcm: bytes) -> None:
        self.turns[-1].append(int(np.frombuffer(pcm, np.int16)[0]))


def frame(number: int) -> bytes:
    return np.full(320, number, np.int16).tobytes()


def test_words_that_begin_while_a_turn_is_closed_are_not_cut_off() -> None:
    async def scenario() -> list[list[int]]:
        ears, tape = Ears(16_000, VadScheduler(FakeVad()), None, lambda _edge: None), Tape()
        ears.attach(tape)
        ears.open_turn()
        for number in range(1, 31):
            ears.feed(frame(number))
        ears.close_turn()
        ears.feed(frame(31))
        ears.open_turn()
        await asyncio.sleep(0)
        return tape.turns

    first, second = virtual_time.run(scenario())
    assert first == list(range(1, 31))
    assert second == list(range(23, 32)), "what the detector was not yet sure of, and nothing of the words before"


def test_a_voice_that_goes_on_ends_for_now_where_the_audio_does() -> None:
    async def inline(work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)

    async def scenario() -> list[tuple[int, int]]:
        vad = VadScheduler(FakeVad(), inline)
        ears = Ears(16_000, vad, None, lambda edge: ears.open_turn() if isinstance(edge, SpeechStarted) else None)
        voiced = []
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(vad.run())
            for level, frames in ((9_000, 50), (0, 25), (9_000, 30)):
                for _ in range(frames):
                    ears.feed(frame(level))
                    await asyncio.sleep(0.02)
                voiced.append(ears.voiced())
            listening.cancel()
        return voiced

    assert virtual_time.run(scenario()) == [(0, 16_000), (0, 16_000), (0, 33_600)]


def test_a_recogniser_that_takes_the_line_gets_the_very_bytes_of_the_phone() -> None:
    async def scenario() -> None:
        ears, heard = Ears(8000, VadScheduler(FakeVad()), None, lambda _edge: None), list[bytes]()

        class Keep(Tape):
            def feed(self, pcm: bytes) -> None:
                heard.append(pcm)

        chance = np.random.default_rng(1)
        sent = [chance.integers(-9000, 9000, 160, np.int16).tobytes() for _ in range(9)]
        assert ears.stt_rates_hz == (8000, 16_000)
        ears.open_turn()
        for pcm in sent[:4]:
            ears.feed(pcm)
        ears.attach(Keep(), 8000)
        wide = [frame for pcm in sent[4:] for frame in ears.feed(pcm)]
        assert heard == sent, "from the beginning of the turn, and unchanged"
        assert [len(frame) for frame in wide] == [640] * 5, "the detector and the record have 16 kHz"
        assert ears.pos_samples == 9 * 320
        ears.announce_rate(16_000)
        ears.feed(bytes(640))
        assert [len(pcm) for pcm in heard[9:]] == [320], "whose rate was 8 kHz when it was opened"

    virtual_time.run(scenario())


def test_odd_pieces_of_a_phone_line_become_whole_frames() -> None:
    async def scenario() -> None:
        ears = Ears(8000, VadScheduler(FakeVad()), None, lambda _edge: None)
        assert [len(ears.feed(bytes(size))) for size in (100, 100, 120, 640, 10)] == [0, 0, 1, 2, 0]
        ears.miss()
        assert ears.pos_samples == (3 + 20) * 320

    virtual_time.run(scenario())
