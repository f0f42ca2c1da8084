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
