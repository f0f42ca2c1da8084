"""What the turn owner wants done."""

from dataclasses import dataclass

from pipeline.turns.inputs import Heard


@dataclass(frozen=True, slots=True)
class Decide:
    """Read the turn so far, and judge whether it is over."""

    decision: int


@dataclass(frozen=True, slots=True)
class DropDecision:
    """Nobody waits for this reading any more."""

    decision: int


@dataclass(frozen=True, slots=True)
class ReadBreath:
    """Read the turn so far, should this breath be its end; and judge its sound, where that can make an end sure."""

    judged: bool = False


@dataclass(frozen=True, slots=True)
class DropBreath:
    """It was not: nobody waits for this reading any more."""


@dataclass(frozen=True, slots=True)
class Speculate:
    """Begin the answer to this, unheard and without any effect; one that was begun before is dropped."""

    heard: Heard


@dataclass(frozen=True, slots=True)
class DropSpeculation:
    """Throw away what was begun."""


@dataclass(frozen=True, slots=True)
class ShowWords:
    """The user's words so far; they may still change."""

    text: str


@dataclass(frozen=True, slots=True)
class UserTookFloor:
    """The user really speaks: timers of the flow stop."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The user's turn is over, and this was said."""

    heard: Heard


@dataclass(frozen=True, slots=True)
class Discard:
    """It was not speech after all, though the bot may have been stopped for it."""

    bot_was_stopped: bool = False


@dataclass(frozen=True, slots=True)
class StartAnswer:
    """Make and play the answer; while `paused`, make it only."""

    generation: int
    paused: bool


@dataclass(frozen=True, slots=True)
class StopAnswer:
    """Silence this answer for good, everywhere."""

    generation: int


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The user goes on: undo the last `Commit`, and drop this answer to it, of which nobody heard or saw anything."""

    generation: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop playing, keep everything."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Play on from the frame where it stopped."""


@dataclass(frozen=True, slots=True)
class BotDone:
    """The bot's turn is over."""

    generation: int


@dataclass(frozen=True, slots=True)
class Recover:
    """No answer came in time: apologise, then go on."""

    generation: int


ReadAction = Decide | DropDecision | ReadBreath | DropBreath
AnswerAction = StartAnswer | StopAnswer | TakeBack | BotDone | Recover
Guess = Speculate | DropSpeculation
Action = ReadAction | Guess | ShowWords | UserTookFloor | Commit | Discard | Pause | Resume | AnswerAction
