"""Known gaps are found within 5 ms, in quiet and in noise."""

import numpy as np
import numpy.typing as npt
import pytest

from server.caller.measure import gaps, percentile, voiced_segments

_RATE_HZ = 16_000


def _channel(seconds: float, *spans_s: tuple[float, float], noise_rms: float = 0.0) -> npt.NDArray[np.int16]:
    """A channel with a buzz like voiced speech (120 Hz and its harmonics) at `spans_s`."""
    t = np.arange(round(seconds * _RATE_HZ)) / _RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 120 * k * t + k * k) / k for k in range(1, 12)) * 2500
    on = np.zeros(len(t), dtype=bool)
    for start_s, end_s in spans_s:
        on |= (t >= start_s) & (t < end_s)
    return np.rint(buzz * on + np.random.default_rng(3).normal(0, noise_rms, len(t))).astype(np.int16)


def _gaps_ms(caller: npt.NDArray[np.int16], bot: npt.NDArray[np.int16]) -> list[float]:
    found = gaps(voiced_segments(caller, _RATE_HZ), voiced_segments(bot, _RATE_HZ), _RATE_HZ)
    return [gap.voice_to_voice_ms for gap in found]


@pytest.mark.parametrize("noise_rms", [0.0, 16.0, 60.0])
@pytest.mark.parametrize("gap_s", [0.0, 0.093, 0.41, 1.7])
def test_a_known_gap_is_measured(gap_s: float, noise_rms: float) -> None:
    caller = _channel(6, (1.0, 2.3117), noise_rms=noise_rms)
    bot = _channel(6, (2.3117 + gap_s, 5.0), noise_rms=noise_rms)
    assert _gaps_ms(caller, bot) == [pytest.approx(gap_s * 1000, abs=5)]


def test_each_turn_has_its_own_gap_and_the_greeting_none() -> None:
    caller = _channel(12, (2.0, 3.0), (6.0, 7.5))
    bot = _channel(12, (0.2, 1.5), (3.3, 5.0), (8.0, 11.0))
    assert _gaps_ms(caller, bot) == [pytest.approx(300, abs=5), pytest.approx(500, abs=5)]


def test_pauses_between_words_do_not_end_a_turn() -> None:
    caller = _channel(6, (1.0, 1.6), (1.8, 2.5))
    (turn,) = voiced_segments(caller, _RATE_HZ)
    assert turn.start_samples == pytest.approx(16_000, abs=80)
    assert turn.end_samples == pytest.approx(40_000, abs=80)


def test_a_turn_taken_up_again_counts_from_its_true_end() -> None:
    caller = _channel(6, (1.0, 1.6), (2.4, 3.0))
    bot = _channel(6, (3.35, 5.0))
    assert _gaps_ms(caller, bot) == [pytest.approx(350, abs=5)]


def test_an_answer_before_the_caller_ended_is_left_out() -> None:
    assert _gaps_ms(_channel(6, (1.0, 3.0)), _channel(6, (2.5, 4.0))) == []


def test_a_bot_that_stopped_for_an_interruption_is_measured_on_its_next_words() -> None:
    caller = _channel(6, (1.0, 2.5))
    bot = _channel(6, (0.2, 1.4), (2.9, 4.0))
    assert _gaps_ms(caller, bot) == [pytest.approx(400, abs=5)]


def test_nobody_speaking_gives_nothing() -> None:
    assert _gaps_ms(_channel(3), _channel(3)) == []
    assert _gaps_ms(_channel(3, noise_rms=40), _channel(3, noise_rms=40)) == []
    assert _gaps_ms(np.zeros(0, dtype=np.int16), _channel(3, (1.0, 2.0))) == []
    assert _gaps_ms(_channel(3, (1.0, 2.0)), _channel(3)) == []


def test_a_click_is_no_voice() -> None:
    bot = _channel(3)
    bot[20_000:20_160] = 12_000
    assert voiced_segments(bot, _RATE_HZ) == []


def test_percentiles_interpolate_and_nothing_has_none() -> None:
    assert percentile([100.0, 200.0], 50) == 150.0
    assert percentile([], 95) is None
