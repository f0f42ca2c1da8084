"""Does something grow with the number of calls? Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LIMIT_MB = 1.0  # for a thousand calls
PASS, FAIL, TOO_SHORT = "pass", "fail", "too short to tell"


@dataclass(frozen=True, slots=True)
class Sample:
    """What a server held after `calls` calls."""

    calls: int
    rss_mb: float
    descriptors: int
    threads: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Growth:
    """What a long run says.

    Attributes:
        mb_per_1000_calls: The slope of memory, by least squares over the samples after the warm-up.
        error_mb: Its standard error.
        descriptors: How many more there were at rest at the end than after the warm-up; `threads`, `tasks` alike.
    """

    mb_per_1000_calls: float
    error_mb: float
    descriptors: int
    threads: int
    tasks: int

    @property
    def verdict(self) -> str:
        """Return `pass`, `fail`, or `too short to tell`: the slope's error is too large for either."""
        surely_grows = self.mb_per_1000_calls - 2 * self.error_mb > LIMIT_MB
        if surely_grows or max(self.descriptors, self.threads, self.tasks) > 0:
            return FAIL
        if self.error_mb > LIMIT_MB / 2:
            return TOO_SHORT
        return PASS if self.mb_per_1000_calls <= LIMIT_MB else FAIL


def growth(samples: Sequence[Sample], rest_before: Sample, rest_after: Sample) -> Growth:
    """Judge a run by its samples after the warm-up, and two taken while no call was on.

    Raises:
        ValueError: There are fewer than three samples, or no call between them.
    """
    calls = np.array([sample.calls for sample in samples], np.float64)
    memory = np.array([sample.rss_mb for sample in samples])
    if len(samples) < 3 or np.ptp(calls) == 0:
        raise ValueError("a slope needs three samples with calls between them")
    spread = calls - calls.mean()
    slope = float(spread @ (memory - memory.mean()) / (spread @ spread))
    left = memory - memory.mean() - slope * spread
    error = float(np.sqrt(left @ left / (len(samples) - 2) / (spread @ spread)))
    return Growth(
        1000 * slope,
        1000 * error,
        rest_after.descriptors - rest_before.descriptors,
        rest_after.threads - rest_before.threads,
        rest_after.tasks - rest_before.tasks,
    )
