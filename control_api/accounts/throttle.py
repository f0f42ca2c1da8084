"""Slows down those who guess."""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Bucket:
    left: float
    at_s: float


class Throttle:
    """A number of tries for each key, that grows back with time (token bucket).

    Memory is bounded: of too many keys, the one that was seen longest ago is forgotten.
    """

    def __init__(self, tries: int, refill_s: float, max_keys: int = 10_000) -> None:
        """Allow `tries` at once and one more every `refill_s`."""
        self._tries = tries
        self._refill_s = refill_s
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now_s: float) -> float:
        """Use one try; return 0, or how many seconds to wait if there is none left."""
        left = self._left(key, now_s)
        if left < 1.0:
            return (1.0 - left) * self._refill_s
        self._keep(key, _Bucket(left - 1.0, now_s))
        return 0.0

    def give_back(self, key: str, now_s: float) -> None:
        """Return a try that turned out to be no guess."""
        self._keep(key, _Bucket(min(self._left(key, now_s) + 1.0, self._tries), now_s))

    def _left(self, key: str, now_s: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return float(self._tries)
        return min(bucket.left + (now_s - bucket.at_s) / self._refill_s, self._tries)

    def _keep(self, key: str, bucket: _Bucket) -> None:
        self._buckets[key] = bucket
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
