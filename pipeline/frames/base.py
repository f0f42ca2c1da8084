"""The three families of frames, by what an interruption does to them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SystemFrame:
    """Overtakes everything and survives an interruption."""


@dataclass(frozen=True, slots=True)
class DataFrame:
    """Dropped when its generation is stale."""


@dataclass(frozen=True, slots=True)
class ControlFrame:
    """Kept, in order."""
