"""When the packets of the bot's voice leave, on virtual time."""

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError

from kit.clock import Clock
from pipeline.frames.audio import AudioOut
from tests.support.sound import humming
from tests.support.virtual_time import run
from transports.webrtc.opus import silence
from transports.webrtc.voice_track import MAX_WAITING, VoiceTrack

SOUND = humming(0.02, seed=3)


def _frame(index: int, generation: int = 1) -> AudioOut:
    return AudioOut(SOUND, 320 * index, generation)


async def _packets(track: VoiceTrack, seconds: float) -> list[tuple[float, int, bool]]:
    """Read packets for a while: when each came, its place in 20 ms, and whether it was the silence that is kept."""
    got = []
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            while True:
                packet = await track.recv()
                assert packet.pts is not None
                got.append((round(loop.time(), 3), packet.pts // 960, bytes(packet) == silence()))
    except TimeoutError:
        return got


def test_silence_comes_every_20_ms() -> None:
    async def scenario() -> list[tuple[float, int, bool]]:
        return await _packets(VoiceTrack(Clock()), 0.1)

    assert run(scenario()) == [(0.0, 0, True), (0.02, 1, True), (0.04, 2, True), (0.06, 3, True), (0.08, 4, True)]


def test_the_first_frame_leaves_at_once_and_silence_falls_back_to_its_schedule() -> None:
    async def scenario() -> list[tuple[float, int, bool]]:
        track = VoiceTrack(Clock())

        async def speak() -> None:
            await asyncio.sleep(0.033)
            for i in range(3):
                track.play(_frame(i))

        async with asyncio.TaskGroup() as group:
            group.create_task(speak())
            return await _packets(track, 0.15)

    got = run(scenario())
    assert [at_s for at_s, _, _ in got] == [0.0, 0.02, 0.033, 0.053, 0.073, 0.1, 0.12, 0.14]
    assert [place for _, place, _ in got] == list(range(8))
    assert [kept for _, _, kept in got[:5]] == [True, True, False, False, False]


def test_a_late_reader_gets_what_is_due_at_once() -> None:
    async def scenario() -> list[float]:
        track = VoiceTrack(Clock())
        await track.recv()
        for i in range(4):
            track.play(_frame(i))
        await asyncio.sleep(0.07)
        return [at_s for at_s, _, _ in await _packets(track, 0.021)]

    assert run(scenario()) == [0.07, 0.07, 0.07, 0.08]


def test_an_interruption_leaves_one_frame_that_fades() -> None:
    async def scenario() -> list[AudioOut]:
        track = VoiceTrack(Clock())
        for i in range(5):
            track.play(_frame(i, generation=1))
        track.play(_frame(5, generation=2))
        track.drop(1)
        return track.take_back()

    left = run(scenario())
    assert [(frame.pos_samples, frame.generation) for frame in left] == [(0, 1), (1600, 2)]
    assert left[0].pcm[-2:] == bytes(2)
    assert left[1].pcm == SOUND


def test_a_track_that_nobody_reads_is_full_some_time() -> None:
    async def scenario() -> list[bool]:
        track = VoiceTrack(Clock())
        return [track.play(_frame(i)) for i in range(MAX_WAITING + 1)]

    assert run(scenario()) == [True] * MAX_WAITING + [False]


def test_a_stopped_track_says_so() -> None:
    async def scenario() -> None:
        track = VoiceTrack(Clock())
        track.stop()
        with pytest.raises(MediaStreamError):
            await track.recv()

    run(scenario())
