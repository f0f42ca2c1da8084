"""The end of a voice is found within 5 ms, wherever near it the detector heard it."""

import numpy as np
import pytest

from pipeline.ingest import RATE_HZ
from pipeline.voice_edge import voice_end


def _pcm(seconds: float, *spans_s: tuple[float, float], noise_rms: float = 0.0) -> bytes:
    """A buzz like voiced speech (120 Hz and its harmonics) at `spans_s`, in noise."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 120 * k * t + k * k) / k for k in range(1, 12)) * 2500
    on = np.zeros(len(t), dtype=bool)
    for start_s, end_s in spans_s:
        on |= (t >= start_s) & (t < end_s)
    samples = np.rint(buzz * on + np.random.default_rng(3).normal(0, noise_rms, len(t)))
    return samples.astype("<i2").tobytes()


def _end_s(pcm: bytes, edge_s: float) -> float:
    return voice_end(pcm, round(edge_s * RATE_HZ)) / RATE_HZ


@pytest.mark.parametrize("noise_rms", [0.0, 16.0, 60.0, 200.0])
@pytest.mark.parametrize("late_s", [-0.06, 0.0, 0.031, 0.1])
def test_a_detector_that_is_early_or_late_is_put_right(late_s: float, noise_rms: float) -> None:
    pcm = _pcm(1.6, (0.0, 1.2117), noise_rms=noise_rms)
    assert _end_s(pcm, 1.2117 + late_s) == pytest.approx(1.2117, abs=0.005)


def test_a_last_sound_after_a_stop_belongs_to_the_voice() -> None:
    assert _end_s(_pcm(1.7, (0.2, 1.0), (1.09, 1.102)), 1.02) == pytest.approx(1.102, abs=0.005)


def test_a_sound_after_a_pause_is_not_of_this_voice() -> None:
    assert _end_s(_pcm(1.7, (0.2, 1.0), (1.4, 1.6)), 1.06) == pytest.approx(1.0, abs=0.005)


def test_a_click_between_voice_and_edge_is_no_voice() -> None:
    assert _end_s(_pcm(2.0, (0.2, 1.0), (1.4, 1.405)), 1.5) == pytest.approx(1.0, abs=0.005)


def test_a_voice_that_noise_hides_ends_where_the_detector_says() -> None:
    assert _end_s(_pcm(1.5, (0.0, 1.0), noise_rms=4000.0), 1.04) == 1.04
    assert _end_s(_pcm(1.5), 1.04) == 1.04
    assert voice_end(b"", 7) == 7
