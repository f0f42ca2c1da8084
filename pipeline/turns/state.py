"""What the turn owner knows."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.turns.endpointing import PROFILES, UNKNOWN_CALLER, Patience, Profile
from pipeline.turns.inputs import Heard
from pipeline.turns.lexicon import Lexicon, lexicon_of
from pipeline.turns.speculation import NOTHING_AHEAD, Ahead


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
        over_bot: That turn began while the bot could be heard, and may be its echo.
        decision: Number of the newest attempt to end the user's turn.
        quiet_since_s: When the user's last voiced sample came in.
        asked_for: What kind of answer the flow waits for.
        answered_to: What it waited for when the user last stopped.
        patience: What is known of this caller's pauses.
        wait_scale: By what the longer waits are multiplied in this call.
        hinted: A window is voiced that may be the beginning of speech.
        hushed: Playout holds its breath for that moment, or until `heard_from_s`.
        heard_from_s: The answer to the user's last turn is not heard before.
        haste_s: The pause before a voice that came as soon as the bot was heard; None for other voices.
        unheard: What the user said last, while its answer can still be taken back.
        before: How the turn began that the user is having: it was taken for over, and taken back.
        ended: What the recogniser heard, if it is sure by itself that the turn is over.
        ahead: What is known and done ahead of the turn's end.
        deadline_s: When the owner next wants a tick, whatever else happens.
    """

    user: User = User.SILENT
    bot: Bot = Bot.IDLE
    generation: int = 0
    interruptible: bool = True
    paused: bool = False
    bot_was_stopped: bool = False
    over_bot: bool = False
    decision: int = 0
    quiet_since_s: float = 0.0
    heard: Heard | None = None
    end_probability: float | None = None
    asked_for: Profile = PROFILES["default"]
    answered_to: Profile = PROFILES["default"]
    patience: Patience = UNKNOWN_CALLER
    wait_scale: float = 1.0
    hinted: bool = False
    hushed: bool = False
    heard_from_s: float = 0.0
    haste_s: float | None = None
    unheard: Heard | None = None
    before: Heard | None = None
    ended: Heard | None = None
    ahead: Ahead = NOTHING_AHEAD
    language: str = "en"
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

    @property
    def profile(self) -> Profile:
        """How long to wait for the end of a turn of this caller."""
        return self.patience.adapt(self.asked_for.scaled(self.wait_scale))

    @property
    def lexicon(self) -> Lexicon:
        """The words that tell something in the caller's language."""
        return lexicon_of(self.language)
