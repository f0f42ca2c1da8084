"""Sound through Opus and back, with and without losses."""

import numpy as np
import pytest

from kit.errors import ProtocolError
from tests.support.sound import humming, likeness, samples
from transports.webrtc.opus import FRAME_BYTES, OpusDecoder, OpusEncoder, silence

SPOKEN = humming(1.0, seed=5)


def _packets() -> list[bytes]:
    encoder = OpusEncoder()
    return [encoder.encode(SPOKEN[at : at + FRAME_BYTES]) for at in range(0, len(SPOKEN), FRAME_BYTES)]


def test_what_comes_out_is_what_went_in() -> None:
    decoder = OpusDecoder()
    heard = b"".join(decoder.decode(packet) for packet in _packets())
    assert len(heard) == len(SPOKEN)
    assert likeness(samples(SPOKEN), samples(heard + bytes(3200))) > 0.95


def test_a_lost_frame_is_better_with_the_copy_in_the_next_packet() -> None:
    packets = _packets()
    errors = []
    for has_copy in (True, False):
        decoder = OpusDecoder()
        heard = []
        for i, packet in enumerate(packets):
            lost = i % 5 == 3 and i + 1 < len(packets)
            heard.append(decoder.conceal(packets[i + 1] if has_copy else None) if lost else decoder.decode(packet))
        sound = samples(b"".join(heard))
        whole = OpusDecoder()
        wanted = samples(b"".join(whole.decode(packet) for packet in packets))
        errors.append(float(np.mean((sound - wanted) ** 2)))
        assert len(sound) == len(wanted)
    assert errors[0] < errors[1] / 2


def test_what_is_not_opus_is_told() -> None:
    with pytest.raises(ProtocolError) as caught:
        OpusDecoder().decode(b"\xff" * 3)
    assert caught.value.code == "audio.bad_frame"


def test_silence_is_small_and_silent_after_any_sound() -> None:
    decoder = OpusDecoder()
    for packet in _packets():
        decoder.decode(packet)
    quiet = [samples(decoder.decode(silence())) for _ in range(10)]
    assert len(silence()) < 12
    assert float(np.max(np.abs(quiet[-1]))) < 0.001
