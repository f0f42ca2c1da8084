import wave
from pathlib import Path

import numpy as np
import pytest

from pipeline.recorder import Recorder


def frame(level: int) -> bytes:
    return np.full(320, level, np.int16).tobytes()


def read(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 16_000)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls" / "recording.wav"


def test_both_sides_lie_where_they_were_on_the_clock(path: Path) -> None:
    recorder = Recorder(path, lambda work: work())
    for i in range(50 * 12):
        recorder.heard(frame(100), i * 0.02)
    for i in range(50):
        recorder.spoke(frame(-200), 16_000, 11.5 + i * 0.02)
    recorder.closed()
    sound = read(path)
    assert len(sound) == int(12.5 * 16_000)
    assert set(sound[: 12 * 16_000, 0]) == {100}
    assert set(sound[: int(11.5 * 16_000), 1]) == {0}
    assert set(sound[int(11.5 * 16_000) :, 1]) == {-200}


def test_a_long_silence_is_kept_as_silence(path: Path) -> None:
    recorder = Recorder(path, lambda work: work())
    recorder.heard(frame(100), 0.0)
    recorder.heard(frame(100), 60.0)
    recorder.closed()
    sound = read(path)
    assert len(sound) == 60 * 16_000 + 320
    assert np.flatnonzero(sound[:, 0])[[0, -1]].tolist() == [0, len(sound) - 1]


def test_other_rates_are_brought_to_sixteen_kilohertz(path: Path) -> None:
    recorder = Recorder(path, lambda work: work())
    for i in range(50):
        recorder.spoke(np.full(480, 500, np.int16).tobytes(), 24_000, i * 0.02)
    recorder.closed()
    assert len(read(path)) == 16_000


def test_the_file_has_its_name_only_when_it_is_whole(path: Path) -> None:
    recorder = Recorder(path, lambda work: work())
    recorder.heard(frame(1), 0.0)
    assert not path.exists()
    recorder.closed()
    recorder.closed()
    assert path.exists()
    assert not path.with_suffix(".part").exists()


def test_what_is_said_before_consent_and_while_paused_is_silence_of_the_same_length(path: Path) -> None:
    recorder = Recorder(path, lambda work: work())
    recorder.emitted("recording.pause")
    for i in range(50 * 4):
        if i in (50, 150):
            recorder.emitted("recording.resume")
        elif i == 100:
            recorder.emitted("recording.pause")
        recorder.emitted("something else")
        recorder.heard(frame(100), i * 0.02)
        recorder.spoke(frame(-200), 16_000, i * 0.02)
    recorder.closed()
    sound = read(path)
    assert len(sound) == 4 * 16_000
    for second, level in enumerate((0, 100, 0, 100)):
        assert set(sound[second * 16_000 : (second + 1) * 16_000, 0]) == {level}
        assert set(sound[second * 16_000 : (second + 1) * 16_000, 1]) == {-2 * level}
