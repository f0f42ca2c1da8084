"""The labelled set reaches the tape whole, and calls get turns of one kind."""

import numpy as np

from benchmarks.talk.set_tape import PROFILES, deal, spread, turns
from benchmarks.talk.tape import FRAME_SAMPLES, RATE_HZ, Hearing, TapeReader
from tests.unit.benchmarks.recordings import turn


def test_every_word_of_a_labelled_turn_can_be_heard() -> None:
    some = turns(("yes_no",))
    reader = TapeReader(some)
    for said in some:
        assert len(said.sound) % FRAME_SAMPLES == 0
        hearing = Hearing(reader)
        hearing.feed(b"".join(said.frames()))
        assert hearing.text() == said.text
        assert said.asked_for in PROFILES


def test_a_telephone_turn_has_its_sound_where_its_labels_say() -> None:
    said = next(said for said in turns(("spelling",)) if said.speech)
    first, last = (round(at_s * RATE_HZ) for at_s in said.speech[0])
    loud = np.abs(said.sound.astype(np.float64))
    assert loud[first:last].mean() > 5 * loud[: first - FRAME_SAMPLES].mean()


def test_the_turns_of_a_call_are_those_of_one_caller_at_one_telephone() -> None:
    """Who is 14 dB softer than the caller is taken for somebody in the background; the set's voices differ by more."""
    levels_db = []
    for said in turns(("statement", "noise")):
        voice = np.concatenate([said.sound[round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in said.speech])
        levels_db.append(10 * np.log10((voice.astype(np.float64) ** 2).mean() / 32768**2))
    assert max(levels_db) - min(levels_db) < 8


def test_a_call_asks_for_one_kind_of_thing_and_has_few_turns() -> None:
    some = [turn(f"t{number}") for number in range(5)]
    assert [(flow, len(dealt)) for flow, dealt in deal(some, 2, hints=True)] == [
        ("default", 2),
        ("default", 2),
        ("default", 1),
    ]


def test_without_hints_all_calls_are_alike() -> None:
    assert {flow for flow, _ in deal(turns(("spelling",)), 4, hints=False)} == {"default"}


def test_the_same_turns_are_said_on_each_run_and_each_before_one_comes_again() -> None:
    some = [turn(f"t{number}") for number in range(5)]
    names = [said.name for said in spread(some, 7)]
    assert len(set(names[:5])) == 5
    assert names == [said.name for said in spread(some, 7)]
