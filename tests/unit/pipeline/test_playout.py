import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from kit.clock import Clock
from pipeline.frames.audio import AudioOut
from pipeline.playout import Playout
from pipeline.ports import WordTime
from pipeline.speech.normalise import normalise
from pipeline.speech.spoken import as_written
from providers.fake.tts import buzz
from tests.support import virtual_time

SECOND = np.full(16_000, 1000, np.int16).tobytes()


@dataclass
class Heard:
    frames: list[tuple[float, AudioOut]] = field(default_factory=list)
    due_s: list[float] = field(default_factory=list)
    marks: list[tuple[float, str, int]] = field(default_factory=list)
    audible_s: list[float] = field(default_factory=list)

    def started(self, now_s: float, generation: int, audible_s: float) -> None:
        self.marks.append((now_s, "started", generation))
        self.audible_s.append(audible_s)

    def send(self, frame: AudioOut, due_s: float) -> None:
        self.frames.append((asyncio.get_running_loop().time(), frame))
        self.due_s.append(due_s)

    def times(self) -> list[float]:
        return [round(at_s, 4) for at_s, _ in self.frames]


def play(scenario: Callable[[Playout, Heard], Awaitable[None]], lead_ms: int = 60) -> Heard:
    heard = Heard()

    async def run() -> None:
        clock = Clock()
        playout = Playout(
            16_000,
            lead_ms,
            heard.send,
            lambda generation, audible_s: heard.started(round(clock.now_s(), 3), generation, round(audible_s, 4)),
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


# --- cuts without a click ---------------------------------------------------------------------------------------------
BUZZ = buzz(32_000, 16_000)


def recorded(heard: Heard) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    """What lies on the recording: each frame where its place on the clock is, silence between."""
    line = np.zeros(16_000 * 4, np.int16)
    for due_s, (_, frame) in zip(heard.due_s, heard.frames, strict=True):
        start = round(due_s * 16_000)
        line[start : start + len(frame.pcm) // 2] = np.frombuffer(frame.pcm, np.int16)
    return line


def largest_jump(samples: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> int:
    return int(np.abs(np.diff(samples.astype(int))).max())


@pytest.mark.parametrize("cut_s", [0.1 + 0.007 * step for step in range(12)])
@pytest.mark.parametrize("cut", ["pause", "flush", "replace", "pause and flush"])
def test_a_cut_and_what_goes_on_after_it_make_no_click(cut: str, cut_s: float) -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "hello", BUZZ)
        await asyncio.sleep(cut_s)
        if "pause" in cut:
            playout.pause()
            await asyncio.sleep(0.5)
        if cut == "pause":
            playout.resume()
            await asyncio.sleep(0.3)
        if cut == "replace":
            playout.begin(2, paused=False)
        else:
            playout.flush(1)
        await asyncio.sleep(0.5)

    heard = play(scenario)
    within = largest_jump(np.frombuffer(BUZZ, np.int16))
    assert largest_jump(recorded(heard)) <= within, "no sample jumps further than in the sound itself"


def test_a_frame_that_fades_is_one_of_the_answer_and_what_was_heard_stays_true() -> None:
    async def scenario(playout: Playout, heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "one two three four five", SECOND)
        playout.close_piece(1)
        await asyncio.sleep(0.5)
        playout.pause()
        playout.pause()
        assert heard.frames[-1][1].pos_samples == 320 * (len(heard.frames) - 1)
        assert np.frombuffer(heard.frames[-1][1].pcm, np.int16)[-1] == 0
        before = playout.heard_text()
        await asyncio.sleep(1)
        assert before == playout.heard_text() == "one two"
        playout.resume()
        await asyncio.sleep(1)
        assert playout.heard_text() == "one two three four five"

    heard = play(scenario)
    assert len(heard.frames) == 50
    fading = [index for index, (_, frame) in enumerate(heard.frames) if len(set(frame.pcm)) > 4]
    assert fading == [fading[0], fading[0] + 1], "one frame out and one frame in"


def test_where_all_has_been_heard_nothing_fades() -> None:
    async def scenario(playout: Playout, heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "one", SECOND[:6400])
        await asyncio.sleep(1)
        sent = len(heard.frames)
        playout.pause()
        playout.push(1, SECOND[:6400])
        await asyncio.sleep(1)
        assert len(heard.frames) == sent
        playout.resume()
        await asyncio.sleep(1)

    assert all(set(frame.pcm) == set(SECOND) for _, frame in play(scenario).frames)


# --- words whose times are known -------------------------------------------------------------------------------------
def test_the_voices_own_word_times_say_what_was_heard() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        playout.open_piece(1, normalise("Pay $4.50 now please"), 16_000)
        names = ["Pay", "four", "dollars", "and", "fifty", "cents", "now", "please"]
        ends_s = [0.1, 0.2, 0.3, 0.4, 0.5, 1.2, 1.3, 1.9]
        words = [WordTime(name, 0.0, end_s) for name, end_s in zip(names, ends_s, strict=True)]
        playout.mark_words(1, words[:4])
        playout.push(1, SECOND * 2)
        playout.mark_words(1, words[4:])
        playout.mark_words(9, words)
        for after_s, expected in ((0.15, "Pay"), (1.0, "Pay"), (0.1, "Pay $4.50"), (0.1, "Pay $4.50 now")):
            await asyncio.sleep(after_s)
            assert playout.heard_text() == expected
        playout.close_piece(1)
        await asyncio.sleep(1)
        assert playout.heard_text() == "Pay $4.50 now please"

    play(scenario)


def test_words_that_a_voice_names_otherwise_move_on_all_the_same() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        playout.open_piece(1, as_written("one two three"), 16_000)
        playout.mark_words(1, [WordTime("1", 0.0, 0.2), WordTime("two", 0.2, 0.4), WordTime("III", 0.4, 0.6)])
        playout.push(1, SECOND)
        await asyncio.sleep(0.5)
        assert playout.heard_text() == "one two"

    play(scenario)


def _positions(heard: Heard, since_s: float) -> list[int]:
    return [frame.pos_samples // 320 for at_s, frame in heard.frames if at_s >= since_s]


def test_what_nobody_heard_is_said_again_when_somebody_listens() -> None:
    async def scenario(playout: Playout, heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "hello", SECOND)
        playout.complete(1)
        await asyncio.sleep(0.5)
        playout.hold(heard_s=0.2)  # noticed late
        assert playout.heard_text() == ""
        await asyncio.sleep(10)
        assert heard.marks == [(0.0, "started", 1)]
        playout.release()
        await asyncio.sleep(2)

    heard = play(scenario)
    assert _positions(heard, 5.0) == list(range(10, 50))
    assert heard.marks[-1] == (11.3, "finished", 1)


def test_an_answer_that_is_made_while_nobody_listens_waits_whole() -> None:
    async def scenario(playout: Playout, heard: Heard) -> None:
        playout.hold(heard_s=0.0)
        playout.begin(1, paused=False)
        say(playout, 1, "hello", SECOND)
        playout.complete(1)
        await asyncio.sleep(10)
        assert heard.frames == []
        playout.release()
        await asyncio.sleep(2)

    heard = play(scenario)
    assert _positions(heard, 0.0) == list(range(50))
    assert heard.marks == [(10.0, "started", 1), (11.0, "finished", 1)]


def test_what_has_been_heard_is_not_said_again() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "hello", SECOND[:6400])
        playout.complete(1)
        await asyncio.sleep(1)
        playout.hold(heard_s=1.0)
        playout.release()
        await asyncio.sleep(1)

    assert len(play(scenario).frames) == 10


def test_an_interruption_while_nobody_listens_says_nothing_more() -> None:
    async def scenario(playout: Playout, _heard: Heard) -> None:
        playout.begin(1, paused=False)
        say(playout, 1, "hello", SECOND)
        await asyncio.sleep(0.5)
        playout.hold(heard_s=0.4)
        playout.flush(1)
        playout.release()
        await asyncio.sleep(1)

    assert max(play(scenario).times()) < 0.5


def test_an_answer_starts_with_its_first_audible_sample_not_with_the_silence_before_it() -> None:
    async def scenario(playout: Playout, _: Heard) -> None:
        await asyncio.sleep(0.5)
        playout.begin(1, paused=False)
        say(playout, 1, "Hello.", bytes(2 * 128) + SECOND)
        playout.complete(1)
        await asyncio.sleep(2)

    heard = play(scenario)
    assert heard.due_s[0] == pytest.approx(0.5)
    assert heard.audible_s == [0.508]
