"""The opinion that is estimated of a leg."""

from transports.webrtc.quality import mos


def test_a_good_line_is_good_and_each_fault_makes_it_worse() -> None:
    good = mos(20, 1, 0)
    assert 4.3 < good <= 4.5
    assert good > mos(20, 1, 0.01) > mos(20, 1, 0.05) > mos(20, 1, 0.2) > mos(20, 1, 0.6)
    assert good > mos(200, 1, 0) > mos(600, 1, 0)
    assert good > mos(20, 40, 0)


def test_five_percent_lost_is_fair_and_the_worst_is_one() -> None:
    assert 3.2 < mos(120, 20, 0.05) < 4.0
    assert mos(3000, 500, 1.0) == 1.0
