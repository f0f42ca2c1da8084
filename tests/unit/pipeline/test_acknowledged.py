from pipeline.acknowledged import Acknowledged


def test_nothing_is_heard_until_it_is_told() -> None:
    line = Acknowledged(8000)
    line.begin(800)
    assert line.heard(1600, 10.0) == 800
    assert line.heard_at_s(1600) is None


def test_what_was_told_plays_on_in_real_time_up_to_what_was_sent() -> None:
    line = Acknowledged(8000)
    line.told(160, 1.0)
    assert line.heard(1600, 1.0) == 160
    assert line.heard(1600, 1.1) == 960
    assert line.heard(1600, 9.0) == 1600
    assert line.heard_at_s(1600) == 1.18


def test_an_older_place_adds_nothing() -> None:
    line = Acknowledged(8000)
    line.told(800, 1.0)
    line.told(160, 2.0)
    assert line.heard(8000, 1.0) == 800


def test_a_new_answer_forgets_what_was_told_of_the_old() -> None:
    line = Acknowledged(8000)
    line.told(800, 1.0)
    line.begin(1600)
    line.told(800, 2.0)
    assert line.heard(8000, 5.0) == 1600
