"""Growth is told from noise, and a run that is too short says so."""

import numpy as np
import pytest

from benchmarks.soak.slope import FAIL, PASS, TOO_SHORT, Sample, growth

_REST = Sample(0, 600.0, 20, 8, 12)


def _samples(mb_per_1000: float, noise_mb: float, last: int = 4000) -> list[Sample]:
    noise = np.random.default_rng(2).normal(0, noise_mb, 200)
    calls = np.linspace(0, last, 200).astype(int)
    return [Sample(int(n), 600 + mb_per_1000 * n / 1000 + e, 20, 8, 12) for n, e in zip(calls, noise, strict=True)]


def test_a_known_slope_is_found() -> None:
    found = growth(_samples(3.0, 0.5), _REST, _REST)
    assert found.mb_per_1000_calls == pytest.approx(3.0, abs=0.2)
    assert found.verdict == FAIL


def test_a_level_run_passes() -> None:
    assert growth(_samples(0.0, 0.5), _REST, _REST).verdict == PASS


def test_a_short_run_proves_nothing() -> None:
    assert growth(_samples(0.0, 5.0, last=50), _REST, _REST).verdict == TOO_SHORT


def test_a_short_run_in_which_memory_runs_away_fails() -> None:
    assert growth(_samples(80.0, 5.0, last=400), _REST, _REST).verdict == FAIL


def test_one_descriptor_that_stays_open_fails() -> None:
    found = growth(_samples(0.0, 0.5), _REST, Sample(4000, 600.0, 21, 8, 12))
    assert (found.descriptors, found.verdict) == (1, FAIL)


def test_a_slope_needs_calls() -> None:
    with pytest.raises(ValueError, match="three samples"):
        growth([_REST, _REST, _REST], _REST, _REST)
