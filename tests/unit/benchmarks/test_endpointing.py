"""The measurement of false cut-offs itself: a turn whose voice and models are scripted."""

from dataclasses import replace

import pytest

from benchmarks.endpointing.baselines import end_by_silence, end_by_smart_turn
from benchmarks.endpointing.hearing import HeardEdge, HeardTurn, Reading
from benchmarks.endpointing.replay import Delays, Settings, end_all, end_by_owner, end_calls
from benchmarks.turn_set import Turn
from pipeline.turns.endpointing import COMPLETE, PROFILES
from pipeline.turns.voice_activity import SpeechStarted, SpeechStopped

_DELAYS = Delays(reading_s=0.1, verdict_s=0.05, detector_s=0.0, model_s=0.0)


def _began(at_s: float) -> HeardEdge:
    return HeardEdge(at_s, SpeechStarted(round((at_s - 0.1) * 16_000)))


def _paused(at_s: float, quiet_s: float, text: str, sure: float) -> HeardEdge:
    return HeardEdge(at_s, SpeechStopped(round(quiet_s * 16_000)), Reading(text, 0.9, sure))


def _turn(rule: str | None = None) -> Turn:
    speech = ((0.5, 1.5), (2.1, 3.0))
    return Turn(
        "t002", "none", 16_000, "wideband", "pause", "I live in Athens.", 4.5, speech, 3.0, rule, over_bot=False
    )


def _heard(first: str, *, sure: float = 0.9, rule: str | None = None) -> HeardTurn:
    """Speak, pause for 0.6 s, speak: the detector needs 0.1 s for a beginning and 0.2 s for an end."""
    edges = (
        _began(0.6),
        _paused(1.7, 1.5, first, sure),
        _began(2.2),
        _paused(3.2, 3.0, f"{first} Athens.", 0.9),
    )
    return HeardTurn(_turn(rule), edges)


def test_words_that_call_for_more_hold_the_turn_open_where_simpler_ways_cut_it_off() -> None:
    heard = _heard("I live in")
    ours = end_by_owner(heard, Settings(), _DELAYS)
    assert not ours.cut_off
    assert ours.over_ms == pytest.approx(300, abs=1), "the pause is sure after 200 ms and read after 100 more"
    assert ours.delay_ms == pytest.approx(700, abs=1), "and no answer is heard sooner"
    assert end_by_smart_turn(heard, _DELAYS).cut_off
    assert end_by_silence(heard, 0.5, _DELAYS).cut_off


def test_words_that_sound_complete_are_a_false_cut_off() -> None:
    ended = end_by_owner(_heard("I live here."), Settings(), _DELAYS)
    assert ended.cut_off
    assert ended.delay_ms is None
    assert ended.over_s == pytest.approx(1.8)
    assert ended.at_s == pytest.approx(2.2)


def test_a_turn_that_is_taken_back_unheard_is_no_cut_off() -> None:
    ended = end_by_owner(_heard("I live here."), Settings(), replace(_DELAYS, model_s=0.5))
    assert not ended.cut_off
    assert ended.taken_back == 1
    assert ended.begun == 2
    assert ended.over_ms is not None
    assert ended.delay_ms == pytest.approx(ended.over_ms + 500, abs=1), "after a wrong guess none is made"


def test_an_answer_that_was_begun_in_the_pause_is_heard_sooner() -> None:
    slow = end_by_owner(_heard("I live in"), Settings(), replace(_DELAYS, model_s=0.5))
    assert slow.delay_ms is not None
    assert slow.over_ms is not None
    assert slow.over_ms <= slow.delay_ms <= slow.over_ms + 500


def test_a_setting_moves_the_floor_or_the_threshold() -> None:
    heard = _heard("I live here.")
    assert not end_by_owner(heard, Settings(least_floor_s=0.8), _DELAYS).cut_off
    assert not end_by_owner(heard, Settings(complete=0.95), _DELAYS).cut_off
    assert Settings(ceilings=2).profile(None).ceiling_s == 2 * PROFILES["default"].ceiling_s


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.79, 0.8, 0.95, 1.0])
def test_the_owners_threshold_stands_where_the_setting_puts_it(probability: float) -> None:
    assert (Settings(complete=0.8).probability(probability) >= COMPLETE) is (probability >= 0.8)
    assert Settings().probability(probability) == pytest.approx(probability, abs=0.001)


def test_a_simple_timeout_ends_a_turn_exactly_then() -> None:
    assert end_by_silence(_heard("I live in"), 0.8, _DELAYS).delay_ms == pytest.approx(800)


def test_smart_turn_that_hears_no_end_gives_up_after_three_seconds() -> None:
    edges = (_began(0.6), _paused(3.2, 3.0, "I live in Athens.", 0.2))
    assert end_by_smart_turn(HeardTurn(_turn(), edges), _DELAYS).delay_ms == pytest.approx(3000)


def test_a_voice_that_goes_on_behind_the_caller_ends_no_turn() -> None:
    heard = HeardTurn(_turn(), (_began(0.6),))
    assert end_by_owner(heard, Settings(), _DELAYS).at_s is None
    assert end_by_silence(heard, 0.5, _DELAYS).at_s is None


def test_in_a_call_what_was_learned_of_the_caller_counts() -> None:
    turns = [HeardTurn(_turn(), (_began(0.6), _paused(3.2, 3.0, "I live here.", 0.9)))] * 4
    alone, in_a_call = end_all(turns, Settings(), _DELAYS), end_calls(turns, Settings(), _DELAYS)
    assert [ending.delay_ms for ending in alone] == [pytest.approx(700, abs=1)] * 4
    assert [ending.delay_ms for ending in in_a_call] == [*[pytest.approx(700, abs=1)] * 3, pytest.approx(300, abs=1)]
