"""A perfect recogniser hears what was said up to the last frame it was given."""

from pathlib import Path

import numpy as np

from benchmarks.talk.tape import FRAME_BYTES, Hearing, TapeReader, read_tape, write_tape
from tests.unit.benchmarks.recordings import turn


def test_a_tape_is_read_as_it_was_written(tmp_path: Path) -> None:
    turns = [turn("a"), turn("b", kind="cough", text="", true_end_s=None, speech=(), seed=5)]
    write_tape(tmp_path, turns)
    for written, read in zip(turns, read_tape(tmp_path), strict=True):
        assert np.array_equal(written.sound, read.sound)
        assert (written.name, written.kind, written.text, written.speech) == (
            read.name,
            read.kind,
            read.text,
            read.speech,
        )


def test_in_a_pause_only_what_was_said_is_read() -> None:
    said = turn(text="four one five two", speech=((0.4, 1.0), (2.0, 2.6)), true_end_s=2.6, seconds=3.0)
    hearing = Hearing(TapeReader([said]))
    frames = said.frames()
    for frame in frames[:75]:
        hearing.feed(frame)
    assert hearing.text() == "four one"
    for frame in frames[75:]:
        hearing.feed(frame)
    assert hearing.text() == "four one five two"


def test_a_new_turn_forgets_the_last_one() -> None:
    first, second = turn("a", text="yes"), turn("b", text="no", seed=7)
    hearing = Hearing(TapeReader([first, second]))
    hearing.feed(b"".join(first.frames()))
    hearing.begin()
    hearing.feed(b"".join(second.frames()))
    assert hearing.text() == "no"


def test_frames_that_two_sounds_share_are_nobodys() -> None:
    said = turn()
    assert TapeReader([said, said]).place(said.frames()[30]) is None


def test_what_is_not_on_the_tape_is_not_heard() -> None:
    hearing = Hearing(TapeReader([turn()]))
    hearing.feed(bytes(3 * FRAME_BYTES))
    assert hearing.text() == ""


def test_a_noise_has_no_words() -> None:
    noise = turn(text="", true_end_s=None, speech=())
    hearing = Hearing(TapeReader([noise]))
    hearing.feed(b"".join(noise.frames()))
    assert hearing.text() == ""
