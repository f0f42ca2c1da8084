"""Whose voice it is, by loudness."""

import pytest

from pipeline.turns.nearness import FAR_DB, Nearness, step


def judged(near: Nearness, *windows: tuple[float, float]) -> tuple[Nearness, list[float]]:
    found = []
    for probability, window_db in windows:
        near, told = step(near, probability, window_db)
        found.append(told)
    return near, found


def caller(level_db: float = -25.0) -> Nearness:
    return judged(Nearness(), *[(0.9, level_db)] * 30)[0]


@pytest.mark.parametrize("level_db", [-15.0, -30.0, -45.0])
def test_the_first_voice_is_the_callers_however_soft(level_db: float) -> None:
    near, found = judged(Nearness(), *[(0.9, level_db)] * 20)
    assert found == [0.9] * 20
    assert near.level_db == pytest.approx(level_db, abs=1)


@pytest.mark.parametrize("softer_db", [FAR_DB + 2, 20.0, 30.0])
def test_a_much_softer_voice_is_somebody_elses(softer_db: float) -> None:
    _, found = judged(caller(), *[(0.9, -60.0)] * 4, *[(0.9, -25.0 - softer_db)] * 15)
    assert found[4:] == [0.0] * 15


@pytest.mark.parametrize("softer_db", [0.0, 6.0, 9.0, FAR_DB - 2])
def test_the_caller_may_speak_more_softly(softer_db: float) -> None:
    _, found = judged(caller(), *[(0.1, -60.0)] * 20, *[(0.9, -25.0 - softer_db)] * 15)
    assert found[20:] == [0.9] * 15


def test_a_soft_consonant_within_a_word_is_the_callers() -> None:
    _, found = judged(caller(), (0.9, -25.0), (0.7, -55.0), (0.6, -55.0), (0.9, -25.0))
    assert found == [0.9, 0.7, 0.6, 0.9]


def test_a_caller_who_turns_away_is_heard_again_soon() -> None:
    _, found = judged(caller(), *[(0.9, -45.0)] * 90)
    assert found[4] == 0.0
    assert found[-1] == 0.9
    assert found[4:].index(0.9) <= 70, "two seconds of talking"


def test_a_voice_behind_the_callers_does_not_hold_the_turn_open() -> None:
    _, found = judged(caller(), *[(0.4, -55.0)] * 10)
    assert found[4:] == [0.0] * 6
