"""The virtual microphone and speaker."""

import numpy as np
import pytest

from server.caller.devices import FRAME_SAMPLES, Microphone, Speaker


def _pcm(count: int, value: int = 1000) -> bytes:
    return np.full(count, value, dtype="<i2").tobytes()


def test_the_microphone_gives_room_noise_and_then_what_is_said() -> None:
    microphone = Microphone(telephone=False)
    quiet = np.frombuffer(microphone.next_frame(), dtype="<i2")
    assert 0 < np.abs(quiet).max() < 200
    microphone.say(np.full(FRAME_SAMPLES + 10, 5000, dtype=np.int16))
    assert microphone.now_samples == FRAME_SAMPLES
    assert np.frombuffer(microphone.next_frame(), dtype="<i2").min() > 4800
    assert microphone.speaking
    microphone.next_frame()
    assert not microphone.speaking
    assert len(microphone.recording()) == 3 * FRAME_SAMPLES


def test_the_telephone_microphone_gives_half_the_samples_and_records_what_the_line_carried() -> None:
    microphone = Microphone(telephone=True)
    tone = (8000 * np.sin(np.arange(3200) * 2 * np.pi * 1000 / 16000)).astype(np.int16)
    microphone.say(tone)
    frames = [microphone.next_frame() for _ in range(12)]
    assert {len(frame) for frame in frames} == {FRAME_SAMPLES}  # bytes: half the samples, two bytes each
    assert np.abs(microphone.recording()[1000:3000]).max() == pytest.approx(8000, rel=0.1)


def test_the_speaker_plays_at_once_when_idle_and_in_order_when_not() -> None:
    speaker = Speaker(telephone=False)
    speaker.play(_pcm(100, 1), 1000)
    speaker.play(_pcm(100, 2), 1010)
    assert speaker.audible(1199)
    assert not speaker.audible(1200)
    speaker.play(_pcm(10, 3), 5000)
    track = speaker.recording()
    assert track[[999, 1000, 1099, 1100, 1199, 1200, 4999, 5000]].tolist() == [0, 1, 1, 2, 2, 0, 0, 3]


def test_a_flush_drops_only_what_was_not_heard_yet() -> None:
    speaker = Speaker(telephone=False)
    speaker.play(_pcm(100), 0)
    speaker.play(_pcm(100), 0)
    speaker.flush(150)
    assert not speaker.audible(150)
    assert len(speaker.recording()) == 150
    speaker.flush(900)
    speaker.play(_pcm(5, 7), 160)
    assert speaker.recording()[149:162].tolist() == [1000, *[0] * 10, 7, 7]


def test_a_new_speaker_has_heard_nothing() -> None:
    assert len(Speaker(telephone=True).recording()) == 0
    assert len(Microphone(telephone=True).recording()) == 0
