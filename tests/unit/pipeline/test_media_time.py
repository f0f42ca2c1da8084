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


def test_the_least_delayed_arrival_of_a_second_says_when_its_last_sample_was_spoken() -> None:
    time = MediaTime()
    for i in range(1, 51):
        told_s = time.at_s(320 * i, 0.13 + 0.02 * i + 0.004 * (i % 5))
    assert told_s == pytest.approx(1.13)
    for i in range(51, 101):
        told_s = time.at_s(320 * i, 0.07 + 0.02 * i + 0.1 * (i % 2))
    assert told_s == pytest.approx(2.07)


def test_a_sample_stays_where_it_was_told_to_be() -> None:
    time = MediaTime()
    told_s = {320 * i: time.at_s(320 * i, 0.13 + 0.02 * i + 0.1 * (i > 50)) for i in range(1, 151)}
    assert told_s[320] == pytest.approx(0.02)
    assert told_s[320 * 150] == pytest.approx(3.23)
    middles_s = [time.spoken_s(pos_samples - 160) for pos_samples in told_s]
    assert middles_s == pytest.approx([at_s - 0.01 for at_s in told_s.values()])


def test_a_clock_that_differs_by_less_than_10_ms_moves_nothing() -> None:
    time = MediaTime()
    assert [time.at_s(320 * i, 0.02 * i + 0.009) for i in range(100)] == pytest.approx([0.02 * i for i in range(100)])
