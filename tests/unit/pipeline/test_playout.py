import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np

from kit.clock import Clock
from pipeline.frames.audio import AudioOut
from pipeline.playout import Playout
from pipeline.speech.spoken import as_written
from tests.support import virtual_time

SECOND = np.full(16_000, 1000, np.int16).tobytes()


@dataclass
class Heard:
    frames: list[tuple[float, AudioOut]] = field(default_factory=list)
    marks: list[tuple[float, str, int]] = field(default_factory=list)

    def times(self) -> list[float]:
        return [round(at_s, 4) for at_s, _ in self.frames]


def play(scenario: Callable[[Playout, Heard], Awaitable[None]], lead_ms: int = 60) -> Heard:
    heard = Heard()

    async def run() -> None:
        clock = Clock()
        playout = Playout(
            16_000,
            lead_ms,
            lambda frame, _due_s: heard.frames.append((clock.now_s(), frame)),
            lambda generation: heard.marks.append((round(clock.now_s(), 3), "started", generation)),
            lambda generation: heard.marks.append((round(clock.now_s(), 3), "finished", generation)),
            clock,
        )
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(playout.run())
            await scenario(playout, heard)
            running.cancel()

    virtual_time.run(run())
    return heard


def say(playout: Playout, generation: int, text: str, pcm: bytes) -> None:
    playout.open_piece(generation, as_written(text), 16_000)
    playout.push(generation, pcm)


def test_frames_leave_on_absolute_deadlines_after_a_short_lead() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "hello", SECOND)
        playout.complete(1)
        await asyncio.sleep(2)

    heard = play(scenario)
    assert heard.times()[:6] == [0.0, 0.0, 0.0, 0.02, 0.04, 0.06]
    assert heard.times()[-1] == 0.94
    assert len(heard.frames) == 50
    assert heard.marks == [(0.0, "started", 1), (1.0, "finished", 1)]


def test_an_answer_is_finished_when_it_is_heard_not_when_it_is_sent() -> None:
    async def scenario(playout: Playout, heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "hello", SECOND[:6400])
        playout.complete(1)
        await asyncio.sleep(0.15)
        assert len(heard.frames) == 10
        assert heard.marks == [(0.0, "started", 1)]
        await asyncio.sleep(1)

    assert play(scenario).marks[-1] == (0.2, "finished", 1)


def test_an_empty_answer_is_finished_at_once() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        playout.complete(1)
        await asyncio.sleep(1)

    assert play(scenario).marks == [(0.0, "finished", 1)]


def test_nothing_of_a_flushed_answer_leaves_and_it_does_not_finish() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "hello", SECOND)
        await asyncio.sleep(0.5)
        playout.flush(1)
        playout.push(1, SECOND)
        await asyncio.sleep(2)

    heard = play(scenario)
    assert heard.times()[-1] <= 0.5
    assert heard.marks == [(0.0, "started", 1)]


def test_a_pause_stops_within_the_lead_and_resumes_with_the_next_frame() -> None:
    async def scenario(playout: Playout, heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "hello", SECOND)
        playout.complete(1)
        await asyncio.sleep(0.3)
        playout.pause()
        sent = len(heard.frames)
        await asyncio.sleep(0.7)
        assert len(heard.frames) == sent
        playout.resume()
        await asyncio.sleep(2)

    heard = play(scenario)
    positions = [frame.pos_samples for _, frame in heard.frames]
    assert positions == list(range(0, 16_000, 320)), "no frame is lost or repeated"
    assert heard.marks[-1][1] == "finished"


def test_a_stalled_voice_does_not_burst_afterwards() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "one", SECOND[:6400])
        await asyncio.sleep(1)
        say(playout, 1, "two", SECOND[:6400])
        playout.complete(1)
        await asyncio.sleep(1)

    times = play(scenario).times()
    assert times[10:15] == [1.0, 1.0, 1.0, 1.02, 1.04]


def test_a_new_answer_that_arrives_while_the_old_one_fades_is_played() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "one", SECOND[:6400])
        playout.complete(1)
        await asyncio.sleep(0.19)
        playout.flush(1)
        playout.begin(2, paused=False)
        say(playout, 2, "two", SECOND[:6400])
        playout.complete(2)
        await asyncio.sleep(1)

    heard = play(scenario)
    assert [mark[1:] for mark in heard.marks] == [("started", 1), ("started", 2), ("finished", 2)]


def test_history_gets_only_the_words_that_were_heard() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "The first sentence.", SECOND)
        playout.close_piece(1)
        say(playout, 1, "one two three four", SECOND)
        playout.close_piece(1)
        assert playout.heard_text() == ""
        await asyncio.sleep(1.5)
        assert playout.heard_text() == "The first sentence. one two"
        playout.flush(1)
        assert playout.heard_text() == "The first sentence. one two"

    play(scenario)


def test_a_voice_faster_than_speech_waits_for_room() -> None:
    async def scenario(playout: Playout, heard: Heard) -> None:
        playout.begin(1, paused=False)
        playout.open_piece(1, as_written("long"), 16_000)
        for _ in range(20):
            playout.push(1, SECOND)
            await playout.room()
        heard.marks.append((round(asyncio.get_running_loop().time(), 1), "filled", 1))

    assert 7.5 <= play(scenario).marks[-1][0] <= 8.5


def test_a_sentence_without_sound_yet_has_not_been_heard() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        playout.open_piece(1, as_written("The first sentence."), 16_000)
        assert playout.heard_text() == ""
        playout.push(1, SECOND)
        playout.close_piece(1)
        await asyncio.sleep(3)
        playout.open_piece(1, as_written("The second one."), 16_000)
        await asyncio.sleep(3)
        assert playout.heard_text() == "The first sentence."

    play(scenario)


def test_of_a_sentence_still_being_made_only_its_share_has_been_heard() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        playout.open_piece(1, as_written("one two three four five six seven eight nine ten"), 16_000)
        playout.push(1, SECOND)
        await asyncio.sleep(3)
        assert playout.heard_text() in ("one", "one two"), "a second of about four, slowly spoken"
        playout.push(1, SECOND * 3)
        playout.close_piece(1)
        await asyncio.sleep(5)
        assert playout.heard_text() == "one two three four five six seven eight nine ten"

    play(scenario)


def test_the_end_of_a_sentence_does_not_wait_for_the_next() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "one", SECOND[: 640 * 3 + 100])
        playout.close_piece(1)
        await asyncio.sleep(1)

    assert len(play(scenario).frames) == 4


def test_long_words_at_the_beginning_are_not_heard_too_early() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "internationalisation of it is on", SECOND * 2)
        playout.close_piece(1)
        await asyncio.sleep(0.9)
        assert playout.heard_text() == ""
        await asyncio.sleep(0.4)
        assert playout.heard_text() == "internationalisation"

    play(scenario)
