"""How one call is had, where it differs from the others: limits, patience, sound."""

from dataclasses import dataclass
from typing import Protocol

from pipeline.turns.voice_activity import USUAL, Sensitivity


class Underlay(Protocol):
    """Sound to be heard under the bot's speech."""

    def under(self, pcm: bytes) -> bytes:
        """Mix in as much as `pcm` is long (int16, at the leg's rate)."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What a call may have of its own; the default changes nothing.

    Attributes:
        longest_s: The call ends then; None leaves it to the server.
        warn_before_s: So long before that the caller is told `warning`; None for never.
        warning_by_model: The model finds the words, and `warning` is said when it does not.
        idle_s: As `CallSettings.idle_s`; None leaves it to the server.
        wait_scale: By what the waits for the end of a turn are multiplied.
        fillers: Whether a slow model is covered by a few words.
        noise_reduction: Of what the caller sends, 0 (none) to 1.
    """

    longest_s: float | None = None
    warn_before_s: float | None = None
    warning: str = ""
    warning_by_model: bool = False
    idle_s: float | None = None
    wait_scale: float = 1.0
    fillers: bool = True
    sensitivity: Sensitivity = USUAL
    noise_reduction: float = 0.0
    underlay: Underlay | None = None

    def warning_due_s(self, longest_s: float) -> float | None:
        """Return when the caller is to be told, since the call began; None for never."""
        return None if self.warn_before_s is None else max(0.0, longest_s - self.warn_before_s)


PLAIN = Manner()
