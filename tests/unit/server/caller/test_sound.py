"""Rates and WAV files."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from kit.errors import InputError
from server.caller.sound import RATE_HZ, read_stereo_wav, read_wav, resample, room_noise, write_stereo_wav


def _tone(hz: float, rate_hz: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return (9000 * np.sin(2 * np.pi * hz * np.arange(rate_hz) / rate_hz)).astype(np.int16)


@pytest.mark.parametrize("from_hz", [8000, 22_050, 44_100, 48_000])
def test_a_tone_keeps_its_place_and_strength_at_another_rate(from_hz: int) -> None:
    out = resample(_tone(1000, from_hz), from_hz, RATE_HZ)
    assert len(out) == RATE_HZ
    middle = slice(1000, -1000)
    assert np.abs(out[middle].astype(int) - _tone(1000, RATE_HZ)[middle]).max() < 90


def test_what_the_new_rate_cannot_carry_is_gone() -> None:
    out = resample(_tone(9500, 22_050), 22_050, RATE_HZ)
    assert np.abs(out[1000:-1000].astype(int)).max() < 90


def test_a_recording_reads_back_as_written(tmp_path: Path) -> None:
    write_stereo_wav(tmp_path / "a" / "call.wav", _tone(500, RATE_HZ), _tone(700, RATE_HZ)[:100])
    left, right = read_stereo_wav(tmp_path / "a" / "call.wav")
    assert np.array_equal(left, _tone(500, RATE_HZ))
    assert np.array_equal(right[:100], _tone(700, RATE_HZ)[:100])
    assert not right[100:].any()


def test_what_is_no_wav_of_16_bits_is_told() -> None:
    with pytest.raises(InputError, match="cannot be read as a WAV file"):
        read_wav(b"RIFF")
    eight = io.BytesIO()
    with wave.open(eight, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80" * 80)
    with pytest.raises(InputError, match="16 bits"):
        read_wav(eight.getvalue())


def test_the_room_is_quiet_but_never_silent() -> None:
    noise = room_noise(1.0)
    assert 12 < float(np.std(noise)) < 22
    assert np.array_equal(noise, room_noise(1.0))
