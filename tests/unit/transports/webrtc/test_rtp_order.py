"""Packets in any order become a stream in order, with a stand-in for each that is lost."""

import random

from transports.webrtc.rtp_order import Lost, Packet, RtpOrder


def _said(order: RtpOrder, *sequences: int) -> str:
    """Name what comes out: the packet's number, `~` for a guess, `^` for the copy in the next packet."""
    out = []
    for sequence in sequences:
        for step in order.take(sequence % 65536, str(sequence % 65536).encode()):
            match step:
                case Packet(payload):
                    out.append(payload.decode())
                case Lost(following):
                    out.append("~" if following is None else f"^{following.decode()}")
    return " ".join(out)


def test_what_is_in_order_is_passed_on_at_once() -> None:
    assert [_said(order := RtpOrder(), 7), _said(order, 8), _said(order, 9)] == ["7", "8", "9"]


def test_two_that_changed_places_are_put_right() -> None:
    assert _said(RtpOrder(), 1, 3, 2, 4) == "1 2 3 4"


def test_a_lost_packet_is_made_up_from_the_next_one() -> None:
    order = RtpOrder()
    assert _said(order, 1, 3, 4, 5) == "1 ^3 3 4 5"
    assert (order.received, order.lost) == (4, 1)


def test_of_several_lost_packets_only_the_last_has_a_copy() -> None:
    assert _said(RtpOrder(), 1, 5, 6, 7) == "1 ~ ~ ^5 5 6 7"


def test_a_long_hole_is_not_filled() -> None:
    assert _said(RtpOrder(), 1, 101, 102, 103) == "1 ~ ~ ~ ~ ^101 101 102 103"


def test_what_comes_twice_or_too_late_is_dropped() -> None:
    assert _said(RtpOrder(), 1, 1, 3, 4, 5, 2, 5, 6) == "1 ^3 3 4 5 6"


def test_numbers_wrap() -> None:
    assert _said(RtpOrder(), 65534, 65535, 0, 2, 1, 3) == "65534 65535 0 1 2 3"


def test_a_jump_is_another_stream() -> None:
    assert _said(RtpOrder(), 1, 3, 30_000, 30_001) == "1 30000 30001"


def test_any_disorder_within_the_wait_loses_nothing() -> None:
    for seed in range(50):
        pick = random.Random(seed)
        line = list(range(60))
        for at in range(0, 58, 3):
            line[at : at + 3] = pick.sample(line[at : at + 3], 3)
        line.sort(key=lambda each: each != 0)
        assert _said(RtpOrder(), *line) == " ".join(map(str, range(60)))
