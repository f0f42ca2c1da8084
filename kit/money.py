"""Money: integer micro-cents, a millionth of a US cent; never a float."""

MICROCENTS = 1_000_000  # in a cent


def from_cents(cents: int) -> int:
    """Return whole cents as micro-cents."""
    return cents * MICROCENTS


def whole_cents(microcents: int) -> int:
    """Return what a balance shows: its whole cents; nothing is shown that is not there."""
    return microcents // MICROCENTS


def cents_up(microcents: int) -> int:
    """Return what a price shows: no less than is asked."""
    return -(-microcents // MICROCENTS)
