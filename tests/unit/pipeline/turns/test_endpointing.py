from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.turns.endpointing import (
    BRISKEST,
    CERTAIN,
    ENOUGH_PAUSES,
    ENOUGH_TURNS,
    KEPT_PAUSES,
    LONGEST_PAUSE_S,
    MOST_CAUTION_S,
    MOST_PATIENT,
    PROFILES,
    UNKNOWN_CALLER,
    Patience,
    Profile,
    is_sure,
    wait_by_sound_s,
    wait_by_words_s,
)
from pipeline.turns.lexicon import ENGLISH

DEFAULT = PROFILES["default"]


def who_pauses(*pauses_s: float, profile: Profile = DEFAULT, turns: int = 0) -> Patience:
    patience = Patience(turns=turns)
    for pause_s in pauses_s:
        patience = patience.after_pause(pause_s, profile)
    return patience


@pytest.mark.parametrize("name", PROFILES)
def test_nothing_changes_for_a_caller_of_whom_nothing_is_known(name: str) -> None:
    assert UNKNOWN_CALLER.adapt(PROFILES[name]) == PROFILES[name]


@pytest.mark.parametrize("turns", range(ENOUGH_TURNS))
def test_a_few_turns_without_a_pause_prove_nothing(turns: int) -> None:
    assert Patience(turns=turns).factor == 1.0


@pytest.mark.parametrize(
    ("name", "ceiling_s"),
    [("default", 0.63), ("yes_no", 0.49), ("digits", 1.0), ("phone", 0.98), ("spelling", 1.3), ("long_answer", 1.26)],
)
def test_a_caller_who_never_pauses_gets_the_shorter_ceiling(name: str, ceiling_s: float) -> None:
    patience = UNKNOWN_CALLER
    for _ in range(ENOUGH_TURNS):
        patience = patience.after_turn()
    assert patience.adapt(PROFILES[name]).ceiling_s == pytest.approx(ceiling_s)


@pytest.mark.parametrize(
    ("pauses_s", "ceiling_s"),
    [
        ((0.3,), 0.9),  # one short pause is no habit
        ((0.3, 0.3, 0.3), 0.9),
        ((0.3, 0.3, 0.3, 0.3), 0.63),  # four are, but some patience stays
        ((0.6, 0.6, 0.6, 0.6), 0.735),
        ((0.85,), 0.985),  # one long pause is believed at once
        ((0.9, 0.9), 1.035),
        ((1.2,), 1.335),
        ((1.4,), 1.44),  # 1.6 times the ceiling is the most
        ((2.9, 2.9, 2.9), 1.44),
        ((0.4, 0.5, 0.6, 0.8), 0.875),  # 0.74 s are longer than nine in ten
        ((1.2, *[0.45] * 8), 0.63),  # only the last eight count
    ],
)
def test_the_ceiling_follows_the_callers_own_pauses(pauses_s: tuple[float, ...], ceiling_s: float) -> None:
    assert who_pauses(*pauses_s).adapt(DEFAULT).ceiling_s == pytest.approx(ceiling_s)


@pytest.mark.parametrize(
    ("name", "ceiling_s"),
    [("yes_no", 0.805), ("digits", 1.61), ("phone", 1.61), ("spelling", 2.07), ("long_answer", 2.07)],
)
def test_a_slow_caller_is_slow_in_proportion_to_what_is_asked(name: str, ceiling_s: float) -> None:
    assert who_pauses(0.9).adapt(PROFILES[name]).ceiling_s == pytest.approx(ceiling_s)
    assert who_pauses(1.4, profile=PROFILES["digits"]).adapt(PROFILES[name]).ceiling_s == pytest.approx(ceiling_s)


@pytest.mark.parametrize("pause_s", [-1.0, 0.0, LONGEST_PAUSE_S + 0.01, 60.0])
def test_what_is_no_pause_within_a_turn_teaches_nothing(pause_s: float) -> None:
    assert who_pauses(pause_s) == UNKNOWN_CALLER


@given(st.lists(st.floats(0.01, 5.0)), st.integers(0, 9), st.sampled_from(sorted(PROFILES)))
def test_the_ceiling_stays_between_its_bounds(pauses_s: list[float], turns: int, name: str) -> None:
    profile = PROFILES[name]
    patience = who_pauses(*pauses_s, profile=profile, turns=turns)
    adapted = patience.adapt(profile)
    assert profile.floor_s <= adapted.ceiling_s <= MOST_PATIENT * profile.ceiling_s + 1e-9
    assert adapted.ceiling_s >= BRISKEST * profile.ceiling_s - 1e-9
    assert (adapted.floor_s, adapted.short_answers) == (profile.floor_s, profile.short_answers)
    assert len(patience.pauses) <= KEPT_PAUSES


@given(st.lists(st.floats(0.2, 1.4), min_size=ENOUGH_PAUSES, max_size=KEPT_PAUSES), st.floats(0.01, 1.0))
def test_longer_pauses_never_shorten_the_wait(pauses_s: list[float], more_s: float) -> None:
    longer = [pause_s + more_s for pause_s in pauses_s]
    assert who_pauses(*longer).factor >= who_pauses(*pauses_s).factor - 1e-9


@pytest.mark.parametrize(
    ("name", "text", "wait_s"),
    [
        ("yes_no", "Yes.", 0.2),
        ("yes_no", "no thanks", 0.2),
        ("yes_no", "yes but", 1.2),
        ("yes_no", "Earth.", 0.7),  # what a recogniser makes of "uh"
        ("yes_no", "I am not sure", None),
        ("default", "Yes.", None),
        ("default", "my name is", 1.5),
        ("default", "My name is Ada.", None),
        ("digits", "two nine and", 1.6),
        ("phone", "212 555", 1.4),
        ("phone", "two one two, five five five, oh one nine nine", 0.3),
        ("email", "Ann, at example.", 1.4),
        ("email", "ann at example dot com", 0.3),
        ("digits", "two nine three", None),
        ("spelling", "a b c,", 1.8),
        ("long_answer", "it all began because", 1.8),
    ],
)
def test_words_tell_how_long_to_wait_or_leave_it_open(name: str, text: str, wait_s: float | None) -> None:
    assert wait_by_words_s(PROFILES[name], text, ENGLISH) == wait_s


@pytest.mark.parametrize(
    ("name", "probability", "wait_s"),
    [
        ("default", 0.9, 0.2),
        ("default", 0.5, 0.2),
        ("default", 0.49, 0.9),
        ("default", None, 0.6),
        ("yes_no", None, 0.6),
        ("digits", 0.99, 1.0),
        ("digits", 0.1, 1.4),
        ("digits", None, 1.0),
        ("spelling", 1.0, 1.3),
        ("spelling", None, 1.3),
        ("long_answer", 0.0, 1.8),
        ("long_answer", None, 1.2),
    ],
)
def test_the_sound_moves_the_wait_between_floor_and_ceiling(
    name: str, probability: float | None, wait_s: float
) -> None:
    assert wait_by_sound_s(PROFILES[name], probability) == wait_s


@pytest.mark.parametrize(("turns", "pauses_s", "heard_s"), [(0, (), 0.7), (2, (), 0.7), (3, (), 0.3), (9, (0.4,), 0.7)])
def test_a_caller_who_never_pauses_is_answered_sooner(turns: int, pauses_s: tuple[float, ...], heard_s: float) -> None:
    patience = replace(who_pauses(*pauses_s), turns=turns)
    assert patience.adapt(DEFAULT).heard_s == pytest.approx(heard_s)


@pytest.mark.parametrize(
    ("name", "text", "probability", "sure"),
    [
        ("default", "I would like to book a table", 0.5, True),  # seven words, and it sounds finished
        ("default", "I would like to book a table", 0.49, False),
        ("default", "I would like to book a table", None, False),
        ("default", "I would like a table.", 0.99, False),
        ("default", "I would like a table.", CERTAIN, True),  # the recogniser itself is sure
        ("default", "No, thanks.", 0.9, True),
        ("default", "No, thanks.", 0.4, False),
        ("default", "I would like to book a table for", 0.99, False),  # the words call for more
        ("yes_no", "Yes.", None, True),
        ("yes_no", "Earth.", 0.99, False),
        ("digits", "two nine three four five six seven", CERTAIN, False),
        ("phone", "two one two five five five oh one nine nine", 0.01, True),
        ("phone", "two one two", 0.99, False),
        ("email", "ann at example dot com", 0.01, True),
        ("long_answer", "I moved here in May. Since then it has been slow.", 0.99, False),
        ("long_answer", "I moved here in May. Since then the internet has been slow every evening.", 0.99, True),
    ],
)
def test_an_end_is_sure_if_it_has_all_or_sounds_finished_after_words_enough(
    name: str, text: str, probability: float | None, sure: bool
) -> None:
    assert is_sure(PROFILES[name], text, probability, ENGLISH) is sure


def test_who_was_cut_off_is_waited_for_even_where_the_end_seems_sure() -> None:
    assert UNKNOWN_CALLER.after_haste(0.45, DEFAULT).adapt(DEFAULT).sure_s == pytest.approx(0.5)


def test_a_caller_who_was_cut_off_is_waited_for_and_trusted_again() -> None:
    hasty = UNKNOWN_CALLER.after_haste(0.45, DEFAULT)
    assert hasty.adapt(DEFAULT).floor_s == pytest.approx(0.5)
    later = [hasty := hasty.after_turn() for _ in range(40)]
    floors_s = [patience.adapt(DEFAULT).floor_s for patience in later]
    assert floors_s == sorted(floors_s, reverse=True)
    assert floors_s[-1] == DEFAULT.floor_s
    assert UNKNOWN_CALLER.after_haste(2.5, DEFAULT).adapt(DEFAULT).floor_s <= DEFAULT.floor_s + MOST_CAUTION_S
    assert UNKNOWN_CALLER.after_haste(60.0, DEFAULT) == UNKNOWN_CALLER, "that was no pause"
