"""What the turn owner is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of the turn so far; `failed` when it broke, so that nobody knows."""

    text: str
    confidence: float
    alternative: str | None = None
    failed: bool = False

    def after(self, before: "Heard | None") -> "Heard":
        """Return the turn that began with `before` and went on with this."""
        if before is None:
            return self
        if self.failed or not self.text.strip():
            return before
        text = f"{before.text.rstrip().rstrip('.…')} {self.text.lstrip()}"
        return Heard(text, min(before.confidence, self.confidence))


@dataclass(frozen=True, slots=True)
class VoiceHinted:
    """One window is voiced: somebody may have begun to speak."""


@dataclass(frozen=True, slots=True)
class VoiceDenied:
    """It was nothing."""


@dataclass(frozen=True, slots=True)
class UserStarted:
    """Voice began."""


@dataclass(frozen=True, slots=True)
class UserPaused:
    """Voice is gone, too shortly to tell whether it ended."""


@dataclass(frozen=True, slots=True)
class UserWentOn:
    """The voice came back within that breath."""


@dataclass(frozen=True, slots=True)
class UserStopped:
    """Voice ended; the last voiced sample came in at `quiet_since_s`."""

    quiet_since_s: float


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """A quick reading of a turn that goes on; `bot_words` is what the bot has said up to now."""

    text: str
    bot_words: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class BreathRead:
    """The best reading of a turn, made in a breath of the user's."""

    heard: Heard


@dataclass(frozen=True, slots=True)
class BreathJudged:
    """How likely the turn is over, by the sound of it up to a breath of the user's."""

    probability: float


@dataclass(frozen=True, slots=True)
class EndExpected:
    """The recogniser itself believes that the turn is over, or will be soon."""

    heard: Heard


@dataclass(frozen=True, slots=True)
class EndWithdrawn:
    """The recogniser believes it no longer."""


@dataclass(frozen=True, slots=True)
class EndHeard:
    """The recogniser itself is sure that the turn is over; `bot_words` is what the bot has said up to now."""

    heard: Heard
    bot_words: str = ""


@dataclass(frozen=True, slots=True)
class AnswerBegun:
    """What `Speculate` asked for is being made; `asks_model`: at the price of a model call."""

    asks_model: bool


@dataclass(frozen=True, slots=True)
class TranscriptReady:
    """The reading that `Decide` asked for; `bot_words` is what the bot has said up to now."""

    decision: int
    heard: Heard
    bot_words: str = ""


@dataclass(frozen=True, slots=True)
class EndJudged:
    """How likely the turn is over, as `Decide` asked."""

    decision: int
    probability: float


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """The flow has something to say."""

    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class AnswerGuarded:
    """What the answer under way says from now on must be heard to its end: the call is over with it, or passed on."""


@dataclass(frozen=True, slots=True)
class BotStarted:
    """The first sample of an answer went out."""

    generation: int


@dataclass(frozen=True, slots=True)
class BotFinished:
    """All of an answer has been heard, or it turned out empty."""

    generation: int


@dataclass(frozen=True, slots=True)
class TurnSettled:
    """The last turn of the user has had effects: it can no longer be taken back."""


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """The flow says what kind of answer it waits for, and in which language (BCP 47); None changes nothing."""

    name: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline has come."""


Input = (
    VoiceHinted
    | VoiceDenied
    | UserStarted
    | UserPaused
    | UserWentOn
    | UserStopped
    | PartialHeard
    | BreathRead
    | BreathJudged
    | EndExpected
    | EndWithdrawn
    | EndHeard
    | AnswerBegun
    | TranscriptReady
    | EndJudged
    | AnswerDue
    | AnswerGuarded
    | BotStarted
    | BotFinished
    | TurnSettled
    | ProfileSet
    | Tick
)
