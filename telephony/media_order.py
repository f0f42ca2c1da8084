"""Numbered pieces of sound that may come twice, too late or not at all. Pure."""

_LONGEST_FILL = 10  # pieces, 200 ms; a longer gap is left to media time, which goes by the clock
_RESTART = 50  # so far back, the other side counts anew


class MediaOrder:
    """Says what to do with each piece.

    Attributes:
        missing: Pieces that never came.
        unordered: Pieces that came twice, or after their place had been given up.
    """

    def __init__(self) -> None:
        self.missing = 0
        self.unordered = 0
        self._next: int | None = None

    def take(self, number: int | None) -> int | None:
        """Return for how many missing pieces silence is to stand before this one; None if this one is to be dropped."""
        if number is None:
            return 0
        expected, ahead = self._next, 0
        if expected is not None:
            ahead = number - expected
            if -_RESTART <= ahead < 0:
                self.unordered += 1
                return None
        self._next = number + 1
        self.missing += max(0, ahead)
        return ahead if 0 <= ahead <= _LONGEST_FILL else 0
