from server.caller.carrier_buffer import CarrierBuffer


def test_sound_is_played_at_the_pace_of_the_line_and_marks_between() -> None:
    buffer = CarrierBuffer()
    buffer.media(b"a" * 200)
    buffer.mark("one")
    buffer.media(b"b" * 100)
    assert buffer.play(160) == (b"a" * 160, [])
    assert buffer.play(160) == (b"a" * 40 + b"b" * 100, ["one"])
    assert buffer.play(160) == (b"", [])


def test_a_mark_with_nothing_before_it_is_reached_at_once() -> None:
    buffer = CarrierBuffer()
    buffer.mark("one")
    assert buffer.play(160) == (b"", ["one"])


def test_a_mark_behind_the_last_byte_played_is_reached_with_it() -> None:
    buffer = CarrierBuffer()
    buffer.media(b"a" * 160)
    buffer.mark("one")
    assert buffer.play(160) == (b"a" * 160, ["one"])


def test_a_clear_drops_the_sound_and_gives_back_all_marks() -> None:
    buffer = CarrierBuffer()
    buffer.media(b"a" * 400)
    buffer.mark("one")
    buffer.mark("two")
    assert buffer.clear() == ["one", "two"]
    assert buffer.waiting_bytes == 0
