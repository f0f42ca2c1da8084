"""What can go wrong at a vendor, on command."""

from dataclasses import dataclass
from enum import StrEnum

RETRY_AFTER_S = 2
DRIBBLE_S = 0.7
SLOW_CLOSE_S = 5.0


class Kind(StrEnum):
    """How a request goes wrong."""

    STALL = "stall"  # nothing more comes, the connection stays
    DRIBBLE = "dribble"  # each further piece takes DRIBBLE_S
    GARBAGE = "garbage"  # what comes is not the protocol
    CUT = "cut"  # the connection breaks
    UNAUTHORIZED = "401"
    RATE_LIMITED = "429"  # with Retry-After
    HALF_OPEN = "half-open"  # connected, and deaf: no byte, no pong
    SLOW_CLOSE = "slow-close"  # all is there, only the end does not come for SLOW_CLOSE_S


@dataclass(frozen=True, slots=True)
class Fault:
    """One request goes wrong once `after` pieces of it have come."""

    kind: Kind
    after: int = 1


ALL = tuple(Fault(kind) for kind in Kind)
