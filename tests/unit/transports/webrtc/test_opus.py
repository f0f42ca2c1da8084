"""Sound through Opus and back, with and without losses."""

import numpy as np
import pytest

from kit.errors import ProtocolError
from tests.support.recordings import recording
from tests.support.sound import humming, likeness, samples
from transports.webrtc.opus import COMPLEXITY, FRAME_BYTES, OpusDecoder, OpusEncoder, silence

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


def _signal_to_noise_db(complexity: int, voice: str) -> float:
    """Return the mean over the loud 20 ms of a recording that went through Opus, put in its place."""
    said = recording(voice)[: 8 * 32_000]
    encoder, decoder = OpusEncoder(complexity), OpusDecoder()
    whole = range(0, len(said) - FRAME_BYTES + 1, FRAME_BYTES)
    heard = samples(b"".join(decoder.decode(encoder.encode(said[at : at + FRAME_BYTES])) for at in whole))
    wanted = samples(said)
    late = int(np.argmax(np.correlate(heard[8_000:24_400], wanted[8_000:24_000], "valid")))
    length = (len(heard) - late) // 320 * 320
    wanted, heard = (each[:length].reshape(-1, 320) for each in (wanted, heard[late:]))
    power, noise = np.sum(wanted**2, axis=1), np.sum((wanted - heard) ** 2, axis=1)
    loud = power > 320 * 0.01**2
    return float(np.mean(10 * np.log10(power[loud] / noise[loud])))


@pytest.mark.parametrize("voice", ["jfk", "pae_quick_brown_fox"])
def test_a_voice_is_as_like_itself_at_our_complexity_as_at_the_highest(voice: str) -> None:
    ours, highest = _signal_to_noise_db(COMPLEXITY, voice), _signal_to_noise_db(10, voice)
    assert ours >= highest - 0.5
    assert ours > 8
