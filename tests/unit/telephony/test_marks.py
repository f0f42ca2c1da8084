from telephony.marks import Marks


def _frames(marks: Marks, generation: int, first: int, count: int) -> list[str]:
    named = [marks.after(first + 160 * number, generation) for number in range(1, count + 1)]
    return [name for name in named if name is not None]


def test_the_first_frame_of_an_answer_and_every_quarter_second_are_marked() -> None:
    assert _frames(Marks(8000), 1, 0, 40) == ["1:160", "1:2240", "1:4320", "1:6400"]


def test_a_new_answer_is_marked_at_its_first_frame() -> None:
    marks = Marks(8000)
    _frames(marks, 1, 0, 2)
    assert _frames(marks, 2, 320, 1) == ["2:480"]


def test_an_echo_tells_what_was_heard_once() -> None:
    marks = Marks(8000)
    _frames(marks, 1, 0, 1)
    assert marks.echoed("1:160") == 160
    assert marks.echoed("1:160") is None


def test_a_strange_mark_tells_nothing() -> None:
    assert Marks(8000).echoed("responsePart") is None


def test_the_echoes_that_a_clear_causes_tell_nothing() -> None:
    marks = Marks(8000)
    _frames(marks, 1, 0, 20)
    marks.clear()
    assert marks.echoed("1:160") is None
    assert _frames(marks, 1, 3200, 1) == ["1:3360"], "what is sent after a clear is marked anew"


def test_a_carrier_that_echoes_nothing_does_not_fill_the_memory() -> None:
    marks = Marks(8000)
    for generation in range(1000):
        _frames(marks, generation, generation * 160, 1)
    assert marks.echoed("0:160") is None
    assert marks.echoed("999:160000") == 160_000
