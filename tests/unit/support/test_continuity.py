"""The instrument that measures a switch of wires is itself right, after a codec."""

import numpy as np
import pytest

from tests.support.continuity import continuity
from tests.support.sound import RATE_HZ, humming, samples
from transports.webrtc.opus import FRAME_BYTES, OpusDecoder, OpusEncoder

_SPEECH = humming(3.0, seed=11)
_QUIET = np.zeros(RATE_HZ)
_CUT = RATE_HZ + RATE_HZ // 2


def _coded() -> np.ndarray:
    encoder, decoder = OpusEncoder(), OpusDecoder()
    frames = range(0, len(_SPEECH) - FRAME_BYTES + 1, FRAME_BYTES)
    return samples(b"".join(decoder.decode(encoder.encode(_SPEECH[at : at + FRAME_BYTES])) for at in frames))


@pytest.mark.parametrize("ms", [60, 100, 200])
def test_what_is_left_out_said_twice_or_parted_is_told_apart(ms: int) -> None:
    heard, count = _coded(), ms * RATE_HZ // 1000
    left_out = continuity(samples(_SPEECH), np.concatenate([_QUIET, heard[:_CUT], heard[_CUT + count :], _QUIET]))
    assert abs(left_out.lost_ms - ms) <= 40
    assert abs(left_out.repeated_ms) <= 40
    twice = continuity(samples(_SPEECH), np.concatenate([_QUIET, heard[:_CUT], heard[_CUT - count :], _QUIET]))
    assert abs(twice.lost_ms) <= 40
    assert abs(twice.repeated_ms - ms) <= 40
    parted = continuity(samples(_SPEECH), np.concatenate([_QUIET, heard[:_CUT], np.zeros(count), heard[_CUT:], _QUIET]))
    assert abs(parted.lost_ms) <= 40
    assert abs(parted.repeated_ms) <= 40
