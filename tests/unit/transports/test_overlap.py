"""How far one wire is ahead of another."""

import pytest

from tests.support.sound import humming
from transports.overlap import RATE_HZ, Overlap
from transports.webrtc.opus import FRAME_BYTES, OpusDecoder, OpusEncoder

_SAID = humming(3.0, seed=31)


def _through_opus(pcm: bytes) -> bytes:
    encoder, decoder = OpusEncoder(), OpusDecoder()
    return b"".join(
        decoder.decode(encoder.encode(pcm[at : at + FRAME_BYTES])) for at in range(0, len(pcm), FRAME_BYTES)
    )


@pytest.mark.parametrize("lag_ms", [-300, -60, 0, 20, 120, 380])
def test_the_peer_is_so_far_behind_the_socket(lag_ms: int) -> None:
    overlap, now, lag = Overlap(), 2 * RATE_HZ, lag_ms * RATE_HZ // 1000
    overlap.add("socket", _SAID[: 2 * now])
    overlap.add("peer", _through_opus(_SAID)[: 2 * (now - lag)])
    assert -lag - 320 <= overlap.ahead_samples("peer", "socket") <= -lag + 20  # the codec itself holds back a little


def test_silence_another_voice_and_too_little_say_nothing() -> None:
    overlap = Overlap()
    assert overlap.ahead_samples("peer", "socket") == 0
    overlap.add("socket", bytes(RATE_HZ))
    overlap.add("peer", bytes(RATE_HZ))
    assert overlap.ahead_samples("peer", "socket") == 0
    overlap.add("socket", humming(1.0, seed=1))
    overlap.add("peer", humming(1.0, seed=2))
    assert overlap.ahead_samples("peer", "socket") == 0


def test_only_the_last_of_it_is_kept() -> None:
    overlap = Overlap()
    for _ in range(100):
        overlap.add("socket", bytes(range(200)) * 10)
    assert len(overlap.last("socket", 10 * RATE_HZ)) == 2 * RATE_HZ * 8 // 10
    overlap.clear()
    assert overlap.ahead_samples("socket", "peer") == 0
