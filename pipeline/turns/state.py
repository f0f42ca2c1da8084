"""What the turn owner knows."""

from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.turns.endpointing import PROFILES, Profile
from pipeline.turns.inputs import Heard


class User(StrEnum):
    """What the user does."""

    SILENT = "silent"
    TALKING = "talking"
    DECIDING = "deciding"


class Bot(StrEnum):
    """What the bot does."""

    IDLE = "idle"
    PREPARING = "preparing"
    PLAYING = "playing"


@dataclass(frozen=True, slots=True)
class State:
    """Everything the owner knows.

    Attributes:
        generation: Of the newest bot turn.
        interruptible: Whether speech may stop that bot turn.
        paused: Playout holds its breath until it is clear whether the user means it.
        bot_was_stopped: For the turn that the user is having.
        decision: Number of the newest attempt to end the user's turn.
        quiet_since_s: When the user's last voiced sample came in.
        deadline_s: When the owner next wants a tick, whatever else happens.
    """

    user: User = User.SILENT
    bot: Bot = Bot.IDLE
    generation: int = 0
    interruptible: bool = True
    paused: bool = False
    bot_was_stopped: bool = False
    decision: int = 0
    quiet_since_s: float = 0.0
    heard: Heard | None = None
    end_probability: float | None = None
    profile: Profile = field(default_factory=lambda: PROFILES["default"])
    has_end_model: bool = False
    deadline_s: float | None = None

    @property
    def phase(self) -> str:
        """Name the state as people do: listening, hearing, deciding, thinking, speaking, ducked."""
        if self.bot is not Bot.IDLE and self.paused:
            return "ducked"
        if self.user is not User.SILENT:
            return "hearing" if self.user is User.TALKING else "deciding"
        return {Bot.IDLE: "listening", Bot.PREPARING: "thinking", Bot.PLAYING: "speaking"}[self.bot]
