import asyncio
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.turns.voice_activity import (
    Activity,
    SpeechDenied,
    SpeechHinted,
    SpeechPaused,
    SpeechStarted,
    SpeechStopped,
    SpeechWentOn,
    VoiceEdge,
    step,
)
from pipeline.vad import VadScheduler
from tests.support import virtual_time

LOUD = np.full(320, 8000, np.int16).tobytes()
QUIET = bytes(640)


class Loudness:
    """Scores a window by its level; its memory counts the windows it has seen."""

    window_samples = 512
    rate_hz = 16_000

    def __init__(self) -> None:
        self.batches: list[int] = []

    def new_state(self) -> npt.NDArray[np.float32]:
        return np.zeros(1, np.float32)

    def run(
        self, windows: npt.NDArray[np.float32], states: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        self.batches.append(len(windows))
        return (np.abs(windows).mean(axis=1) > 0.1).astype(np.float32), states + 1


class Gate:
    def may_be_speech(self, pcm: bytes) -> bool:
        return any(pcm)


async def inline(function: Any, *args: Any) -> Any:
    return function(*args)


def note(scores: list[tuple[float, int]], probability: float, pos_samples: int) -> None:
    scores.append((probability, pos_samples))


BEGINNING = [SpeechHinted(0), SpeechStarted(0)]


def edges(*probabilities: float) -> list[VoiceEdge]:
    activity, found = Activity(), []
    for i, probability in enumerate(probabilities):
        activity, edge = step(activity, probability, i * 512)
        if edge:
            found.append(edge)
    return found


def test_speech_starts_where_the_first_voiced_window_began() -> None:
    assert edges(0, 0, 0.9, 0.9, 0.9) == [SpeechHinted(2 * 512), SpeechStarted(2 * 512)]


def test_a_click_is_not_speech() -> None:
    clicks = [SpeechHinted(512), SpeechDenied(), SpeechHinted(4 * 512), SpeechDenied()]
    assert edges(0, 0.9, 0.9, 0, 0.9, 0.9, 0) == clicks


def test_speech_stops_where_the_silence_began() -> None:
    assert edges(*[0.9] * 5, *[0.1] * 6) == [*BEGINNING, SpeechPaused(5 * 512), SpeechStopped(5 * 512)]


def test_a_short_dip_does_not_end_speech() -> None:
    paused_twice = [SpeechPaused(5 * 512), SpeechWentOn(), SpeechPaused(11 * 512)]
    assert edges(*[0.9] * 5, *[0.1] * 5, 0.4, *[0.1] * 5) == [*BEGINNING, *paused_twice]


def test_a_single_quiet_window_is_a_breath() -> None:
    assert edges(*[0.9] * 5, 0.1, *[0.9] * 5) == [*BEGINNING, SpeechPaused(5 * 512), SpeechWentOn()]


def test_windows_of_many_calls_are_scored_in_one_batch_and_in_order() -> None:
    model = Loudness()
    got: dict[int, list[tuple[float, int]]] = {0: [], 1: [], 2: []}

    async def scenario() -> None:
        scheduler = VadScheduler(model, inline)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(scheduler.run())
            tracks = [scheduler.open(partial(note, scores)) for scores in got.values()]
            for _ in range(16):
                for track in tracks:
                    track.feed(LOUD)
                await asyncio.sleep(0.02)
            await asyncio.sleep(1)
            running.cancel()

    virtual_time.run(scenario())
    assert set(model.batches) == {3}
    for scores in got.values():
        assert scores == [(1.0, i * 512) for i in range(10)]


def test_silence_that_the_gate_holds_back_never_reaches_the_model() -> None:
    model = Loudness()
    got: list[tuple[float, int]] = []

    async def scenario() -> None:
        scheduler = VadScheduler(model, inline)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(scheduler.run())
            track = scheduler.open(lambda p, pos: got.append((p, pos)), Gate())
            for pcm in [QUIET] * 16 + [LOUD] * 16:
                track.feed(pcm)
                await asyncio.sleep(0.02)
            await asyncio.sleep(1)
            running.cancel()

    virtual_time.run(scenario())
    assert len(model.batches) == 11, "ten loud windows, and the one before them as pre-roll"
    assert [p for p, _ in got][:10] == [0.0] * 10
    assert [p for p, _ in got][-10:] == [1.0] * 10


def test_the_model_remembers_the_call_over_silence_that_the_gate_held_back() -> None:
    async def scenario() -> None:
        vad = VadScheduler(Loudness(), inline)
        track = vad.open(lambda _probability, _pos_samples: None, Gate())
        running = asyncio.create_task(vad.run())
        for _ in range(5):
            for frame in [LOUD] * 20 + [QUIET] * 50:
                track.feed(frame)
                await asyncio.sleep(0.02)
        running.cancel()
        assert track.state[0] > 5 * 400 / 32, "not one of the five sounds found it fresh"

    virtual_time.run(scenario())


def test_a_closed_track_hears_no_more() -> None:
    got: list[float] = []

    async def scenario() -> None:
        scheduler = VadScheduler(Loudness(), inline)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(scheduler.run())
            track = scheduler.open(lambda p, _pos: got.append(p))
            for _ in range(4):
                track.feed(LOUD)
            track.close()
            track.close()
            await asyncio.sleep(1)
            running.cancel()

    virtual_time.run(scenario())
    assert got == []


def test_a_model_that_breaks_once_deafens_nobody_for_good() -> None:
    class Breaks(Loudness):
        def run(
            self, windows: npt.NDArray[np.float32], states: npt.NDArray[np.float32]
        ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
            if not self.batches:
                self.batches.append(len(windows))
                raise RuntimeError("out of memory")
            return super().run(windows, states)

    got: list[tuple[float, int]] = []

    async def scenario() -> None:
        scheduler = VadScheduler(Breaks(), inline)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(scheduler.run())
            track = scheduler.open(partial(note, got))
            for _ in range(8):
                track.feed(LOUD)
                await asyncio.sleep(0.02)
            await asyncio.sleep(1)
            running.cancel()

    virtual_time.run(scenario())
    assert got == [(0.0, 0), *[(1.0, i * 512) for i in range(1, 5)]]


def test_a_call_that_breaks_does_not_deafen_the_others() -> None:
    got: list[tuple[float, int]] = []

    def broken(_probability: float, _pos_samples: int) -> None:
        raise ValueError("a bug of one call")

    async def scenario() -> None:
        scheduler = VadScheduler(Loudness(), inline)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(scheduler.run())
            tracks = [scheduler.open(broken), scheduler.open(partial(note, got))]
            for _ in range(8):
                for track in tracks:
                    track.feed(LOUD)
                await asyncio.sleep(0.02)
            await asyncio.sleep(1)
            running.cancel()

    virtual_time.run(scenario())
    assert got == [(1.0, i * 512) for i in range(5)]
