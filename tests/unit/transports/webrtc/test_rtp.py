"""Packets of sound as we read them, beside how aiortc does."""

import contextlib

import pytest
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ProtocolError
from transports.webrtc.aiortc_parts import parse


@given(
    payload=st.binary(min_size=1, max_size=200),
    sources=st.lists(st.integers(0, 2**32 - 1), max_size=15),
    padding=st.integers(0, 40),
    extension=st.binary(max_size=60).filter(lambda value: len(value) % 4 == 0),
    sequence_number=st.integers(0, 2**16 - 1),
)
def test_a_packet_is_read_as_aiortc_reads_it(
    payload: bytes, sources: list[int], padding: int, extension: bytes, sequence_number: int
) -> None:
    packet = RtpPacket(111, 1, sequence_number, 2**32 - 1, 7, payload)
    packet.csrc, packet.padding_size = sources, padding
    data = packet.serialize()
    if extension:
        at = 12 + 4 * len(sources)
        head = b"\x12\x34" + (len(extension) // 4).to_bytes(2, "big")
        data = bytes([data[0] | 0x10]) + data[1:at] + head + extension + data[at:]
    theirs, ours = RtpPacket.parse(data, HeaderExtensionsMap()), parse(data)
    assert ours == (111, sequence_number, 2**32 - 1, 7, theirs.payload)
    assert ours.payload == payload


@given(st.binary(max_size=80))
def test_any_bytes_are_a_packet_or_an_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert len(parse(data).payload) <= len(data) - 12


@pytest.mark.parametrize("cut", [0, 5, 11])
def test_a_packet_without_its_head_is_an_error(cut: int) -> None:
    with pytest.raises(ProtocolError):
        parse(RtpPacket(111, payload=b"x").serialize()[:cut])
