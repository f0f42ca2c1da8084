import pytest

from pipeline.media_time import MediaTime


def test_jitter_shifts_nothing() -> None:
    time = MediaTime()
    assert [time.at_s(320 * i, 0.02 * i + late) for i, late in enumerate([0.0, 0.2, 0.1, 0.0])] == pytest.approx(
        [0.0, 0.02, 0.04, 0.06]
    )


def test_who_sent_nothing_for_a_while_is_put_on_the_clock() -> None:
    time = MediaTime()
    assert time.at_s(320, 5.0) == 5.0
    assert time.at_s(640, 5.1) == pytest.approx(5.02)


def test_stalls_of_the_network_do_not_add_up() -> None:
    time, pos = MediaTime(), 0
    for minute in range(1, 11):
        for i in range(100):
            at_s = time.at_s(pos, minute * 60.0)
            pos += 320
            assert at_s <= minute * 60.0 + 0.25, f"frame {i} of a burst of 2 s"
