"""What a call costs; pure. Amounts are micro-cents, times whole seconds."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

MINUTE_S: Final = 60
# Of a minute's price, in per cent; what is left is for the server itself (docs/adr/0016).
SHARES_PERCENT: Final = {"stt": 20, "llm": 20, "tts": 40}


@dataclass(frozen=True, slots=True)
class Rate:
    """A minute's price.

    Attributes:
        microcents: For an account that brings no keys.
    """

    microcents: int

    def with_own_keys(self, kinds: Set[str]) -> int:
        """Return a minute's price for an account that has its own keys for these `kinds` (`stt`, `llm`, `tts`)."""
        saved_percent = sum(SHARES_PERCENT[kind] for kind in kinds)
        return self.microcents * (100 - saved_percent) // 100


def used(rate: int, seconds: int) -> int:
    """Return what `seconds` of a call have used."""
    return rate * seconds // MINUTE_S


def charge(rate: int, seconds: int) -> int:
    """Return what a call of `seconds` costs: every started minute."""
    return -(-seconds // MINUTE_S) * rate


def paid_for_s(rate: int, paid: int) -> int | None:
    """Return how many seconds of a call `paid` is good for; None if it costs nothing."""
    return None if rate == 0 else paid * MINUTE_S // rate
