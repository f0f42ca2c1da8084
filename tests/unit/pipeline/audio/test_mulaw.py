"""µ-law against the tables of ITU-T G.711."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio.mulaw import mulaw_decode, mulaw_encode

# G.711 table 2a, the largest magnitude of each segment (14 bit): (code on the line, decoder output y)
_SEGMENT_ENDS = [
    (0x80, 8031),
    (0x90, 3999),
    (0xA0, 1983),
    (0xB0, 975),
    (0xC0, 471),
    (0xD0, 219),
    (0xE0, 93),
    (0xF0, 30),
]
# G.711 table 2a, decision values x(n) (14 bit): the smallest magnitude with the code beside it
_DECISIONS = [
    (0, 0xFF),
    (1, 0xFE),
    (3, 0xFD),
    (31, 0xEF),
    (35, 0xEE),
    (95, 0xDF),
    (223, 0xCF),
    (479, 0xBF),
    (991, 0xAF),
]
_DECISIONS += [(2015, 0x9F), (4063, 0x8F), (7903, 0x80)]


@pytest.mark.parametrize(("code", "magnitude"), _SEGMENT_ENDS)
def test_segment_ends_decode_as_in_the_table(code: int, magnitude: int) -> None:
    assert mulaw_decode(bytes([code, code ^ 0x80])).tolist() == [magnitude * 4, -magnitude * 4]


@pytest.mark.parametrize(("magnitude", "code"), _DECISIONS)
def test_decision_values_encode_as_in_the_table(magnitude: int, code: int) -> None:
    below = [] if magnitude == 0 else [code + 1]
    samples = [magnitude * 4, *([magnitude * 4 - 1] if below else [])]
    assert list(mulaw_encode(np.array(samples, dtype=np.int16))) == [code, *below]


def test_all_256_codes_survive_decoding_and_encoding() -> None:
    codes = bytes(range(256))
    again = mulaw_encode(mulaw_decode(codes))
    # there are two codes for zero, and the encoder gives the positive one
    assert again == codes.replace(b"\x7f", b"\xff")


def test_all_65536_samples_come_back_within_half_a_step() -> None:
    samples = np.arange(-32768, 32768, dtype=np.int32)
    back = mulaw_decode(mulaw_encode(samples.astype(np.int16))).astype(np.int32)
    clipped = np.clip(samples, -32635, 32635)
    step = 1 << (np.floor(np.log2(np.abs(clipped) + 132)).astype(np.int32) - 4)
    assert (np.abs(back - clipped) <= step // 2 + 3).all()
    assert (np.diff(back) >= 0).all()
    assert back[0] == -32124
    assert back[-1] == 32124


@given(st.binary(max_size=400))
def test_any_bytes_decode_to_as_many_samples(data: bytes) -> None:
    assert mulaw_decode(data).shape == (len(data),)


def test_silence_is_ff() -> None:
    assert mulaw_encode(np.zeros(3, dtype=np.int16)) == b"\xff\xff\xff"
    assert mulaw_encode(np.zeros(0, dtype=np.int16)) == b""
