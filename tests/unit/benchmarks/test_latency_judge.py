"""A recording with a known gap reads as that gap."""

import pytest

from benchmarks.latency.judge import judge
from tests.unit.benchmarks.recordings import bot, recording, turn


@pytest.mark.parametrize("gap_s", [0.0125, 0.35, 0.6137, 2.0])
def test_a_known_gap_is_read_within_5_ms(gap_s: float) -> None:
    end_s = 1.0 + 1.4
    (verdict,) = judge(recording([(turn(), 1.0)], bot(8, (0.2, 0.9), (end_s + gap_s, end_s + gap_s + 1.0))))
    assert verdict.wait_ms == pytest.approx(1000 * gap_s, abs=5)
    assert not verdict.cut_off


def test_a_bot_that_speaks_into_the_turn_cut_it_off_and_has_no_latency() -> None:
    (verdict,) = judge(recording([(turn(), 1.0)], bot(8, (1.9, 2.2), (3.0, 4.0))))
    assert verdict.cut_off
    assert verdict.wait_ms is None
    assert not verdict.unanswered


def test_an_answer_that_goes_on_from_before_is_no_cut_off() -> None:
    (verdict,) = judge(recording([(turn(), 1.0)], bot(8, (0.2, 1.5), (3.0, 4.0))))
    assert verdict.wait_ms == pytest.approx(600, abs=5)


def test_each_turn_is_answered_before_the_next_or_not_at_all() -> None:
    calls = recording([(turn("a"), 1.0), (turn("b"), 6.0)], bot(12, (9.0, 10.0)))
    first, second = judge(calls)
    assert first.unanswered
    assert second.wait_ms == pytest.approx(1600, abs=5)


def test_a_sound_that_is_no_turn_is_not_judged() -> None:
    cough = turn(kind="cough", text="", true_end_s=None)
    assert judge(recording([(cough, 1.0)], bot(8, (3.0, 4.0)))) == []
