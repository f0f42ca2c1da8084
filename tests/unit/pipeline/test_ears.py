import asyncio

import numpy as np

from pipeline.ears import Ears
from pipeline.vad import VadScheduler
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.vad import FakeVad
from tests.support import virtual_time


class Tape(FakeSttStream):
    def __init__(self) -> None:
        super().__init__(FakeStt([]))
        self.turns: list[list[int]] = []

    def begin(self) -> None:
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
