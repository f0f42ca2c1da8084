import dataclasses

import numpy as np
import pytest

from benchmarks.capacity.callers import Caller, PvpWire, TwilioWire, frame
from benchmarks.capacity.climb import Point, between, highest_good
from benchmarks.capacity.columns import COLUMNS
from benchmarks.capacity.workload import ANSWER, caller_cycle, sentence
from telephony.messages import Media
from telephony.twilio.codec import TwilioCodec

_GOOD = Point(10, 0, 2, 0, 0, 0, 0, 1, 0.2, 8, 0.1, 1000, 12, 0.5, 0)


def _point(calls: int, late_p99_ms: float) -> Point:
    return dataclasses.replace(_GOOD, calls=calls, late_p99_ms=late_p99_ms)


def test_a_load_is_carried_well_if_nobody_would_hear_a_difference() -> None:
    assert _GOOD.good
    assert not dataclasses.replace(_GOOD, late_p99_ms=10.1).good
    assert not dataclasses.replace(_GOOD, late_over_20ms_share=0.002).good
    assert not dataclasses.replace(_GOOD, lost=1).good
    assert not dataclasses.replace(_GOOD, frames=0).good


@pytest.mark.parametrize(
    ("points", "best", "next_load"),
    [
        ([], 0, None),
        ([_point(10, 2), _point(40, 5)], 40, None),
        ([_point(10, 2), _point(40, 25)], 10, 25),
        ([_point(60, 2), _point(64, 25)], 60, None),  # close enough
        ([_point(60, 2), _point(20, 25), _point(90, 30)], 60, 75),  # a disturbance below does not count
    ],
)
def test_the_limit_is_sought_between_the_last_good_load_and_the_first_bad_one(
    points: list[Point], best: int, next_load: int | None
) -> None:
    assert highest_good(points) == best
    assert between(points) == next_load


@pytest.mark.parametrize("rate_hz", [8000, 16_000])
def test_a_cycle_is_eight_seconds_and_a_sentence_two(rate_hz: int) -> None:
    assert len(caller_cycle(rate_hz)) == 400
    assert {len(each) for each in caller_cycle(rate_hz)} == {rate_hz // 50}
    assert len(sentence(rate_hz)) == 2 * 2 * rate_hz
    assert np.abs(np.frombuffer(sentence(rate_hz), np.int16)).max() > 5000
    assert len(ANSWER) == 2


def test_what_the_driver_says_is_what_a_carrier_says() -> None:
    wire, codec = TwilioWire(), TwilioCodec()
    texts = [each[8:].decode() for each in wire.greeting()[1:]]
    codec.receive(texts[0])
    (media,) = codec.receive(wire.sound(3, 0)[8:].decode())
    assert isinstance(media, Media)
    assert (len(media.payload), media.chunk) == (160, 1)


def test_frames_cut_anywhere_are_put_together_and_their_sound_is_counted() -> None:
    caller = Caller(PvpWire())
    server_frame = bytes((0x82, 126)) + (640).to_bytes(2, "big") + bytes(640)
    stream = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + server_frame * 12
    for start in range(0, len(stream), 97):
        caller.data_received(stream[start : start + 97])
    assert caller.answers == 1
    assert len(caller.late_s) == 12 - 1 - 4  # the first 100 ms may come at once


@pytest.mark.parametrize("size", [0, 125, 126, 640])
def test_a_frame_has_the_length_and_the_mask_that_the_protocol_asks_for(size: int) -> None:
    head = 6 if size < 126 else 8
    made = frame(1, bytes(size))
    assert len(made) == head + size
    assert made[1] & 0x80


def test_every_column_has_a_name_of_its_own_and_rising_loads() -> None:
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert all(list(column.loads) == sorted(column.loads) for column in COLUMNS)
