"""The turn owner: one pure machine that decides who speaks.

Two things are true at any time: what the user does (silent, talking, or just stopped and being judged) and what the bot
does (idle, preparing an answer, playing it). Everything of a bot turn carries its generation; a stale one is dropped
wherever it surfaces. Every wait has a deadline in the state.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from pipeline.turns.endpointing import PROFILES, Profile, is_backchannel, wait_by_sound_s, wait_by_words_s

# 350 ms of voice over the bot are an interruption, words or not: 96 ms are past when voice is noticed, and 192 ms more
# must pass until it is sure that it did not end before.
VERDICT_S = 0.45
OVERLAP_DECISION_S = 0.9  # a short burst over the bot is judged by its words within this, else the bot goes on
LONGEST_TURN_S = 60.0
DECISION_LIMIT_S = 6.0  # a recogniser that is silent for this long has heard nothing
PREPARING_LIMIT_S = 12.0


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
class Heard:
    """What a recogniser made of the turn so far; `failed` when it broke, so that nobody knows."""

    text: str
    confidence: float
    alternative: str | None = None
    failed: bool = False


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


# --- inputs ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class UserStarted:
    """Voice began."""


@dataclass(frozen=True, slots=True)
class UserStopped:
    """Voice ended; the last voiced sample came in at `quiet_since_s`."""

    quiet_since_s: float


@dataclass(frozen=True, slots=True)
class TranscriptReady:
    """The reading that `Decide` asked for."""

    decision: int
    heard: Heard


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
class BotStarted:
    """The first sample of an answer went out."""

    generation: int


@dataclass(frozen=True, slots=True)
class BotFinished:
    """All of an answer has been heard, or it turned out empty."""

    generation: int


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """The flow says what kind of answer it waits for."""

    name: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline has come."""


Input = (
    UserStarted | UserStopped | TranscriptReady | EndJudged | AnswerDue | BotStarted | BotFinished | ProfileSet | Tick
)


# --- actions --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Decide:
    """Read the turn so far, and judge whether it is over."""

    decision: int


@dataclass(frozen=True, slots=True)
class DropDecision:
    """Nobody waits for this reading any more."""

    decision: int


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


AnswerAction = StartAnswer | StopAnswer | BotDone | Recover
Action = Decide | DropDecision | UserTookFloor | Commit | Discard | Pause | Resume | AnswerAction


def step(state: State, event: Input, now_s: float) -> tuple[State, tuple[Action, ...]]:
    """Advance by one input; an input that does not fit, or is stale, changes nothing."""
    match event:
        case UserStarted():
            return _user_started(state, now_s)
        case UserStopped(quiet_since_s):
            return _user_stopped(state, quiet_since_s, now_s)
        case TranscriptReady() | EndJudged():
            return _learned(state, event, now_s)
        case AnswerDue(interruptible):
            return _answer_due(state, interruptible, now_s)
        case BotStarted(generation):
            return _bot_started(state, generation), ()
        case BotFinished(generation):
            return _bot_finished(state, generation)
        case ProfileSet(name):
            return replace(state, profile=PROFILES.get(name, PROFILES["default"])), ()
        case Tick():
            return _tick(state, now_s)
        case _:
            assert_never(event)


def _user_started(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if state.user is User.TALKING:
        return state, ()
    actions: tuple[Action, ...] = (DropDecision(state.decision),) if state.user is User.DECIDING else ()
    talking = replace(state, user=User.TALKING, heard=None, end_probability=None, deadline_s=now_s + LONGEST_TURN_S)
    if state.bot is Bot.IDLE:
        return talking, (*actions, UserTookFloor())
    if not state.interruptible:
        return talking, actions
    pause = () if state.paused else (Pause(),)
    # An answer that nobody hears yet needs no verdict: it waits until the words are known.
    verdict_s = VERDICT_S if state.bot is Bot.PLAYING else LONGEST_TURN_S
    return replace(talking, paused=True, deadline_s=now_s + verdict_s), (*actions, *pause)


def _user_stopped(state: State, quiet_since_s: float, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if state.user is not User.TALKING:
        return state, ()
    decision = state.decision + 1
    limit_s = OVERLAP_DECISION_S if state.paused and state.bot is Bot.PLAYING else DECISION_LIMIT_S
    return replace(
        state,
        user=User.DECIDING,
        decision=decision,
        quiet_since_s=quiet_since_s,
        heard=None,
        end_probability=None,
        deadline_s=now_s + limit_s,
    ), (Decide(decision),)


def _learned(state: State, event: TranscriptReady | EndJudged, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if event.decision != state.decision or state.user is not User.DECIDING:
        return state, ()
    if isinstance(event, TranscriptReady):
        return _judge(replace(state, heard=event.heard), now_s)
    return _judge(replace(state, end_probability=event.probability), now_s)


def _judge(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    """Commit, discard, or wait a little longer, by what is known of the turn that has just stopped."""
    heard = state.heard
    if heard is None:
        return state, ()
    if not heard.text.strip() and not (heard.failed and state.bot is not Bot.PLAYING):
        return _discard(state, now_s)
    if state.bot is not Bot.IDLE and (not state.interruptible or is_backchannel(heard.text)):
        return _discard(state, now_s)
    wait_s = wait_by_words_s(state.profile, heard.text)
    if wait_s is None:
        ceiling_s = state.quiet_since_s + state.profile.ceiling_s
        if state.end_probability is None and state.has_end_model and now_s < ceiling_s:
            return replace(state, deadline_s=ceiling_s), ()
        wait_s = wait_by_sound_s(state.profile, state.end_probability)
    due_s = state.quiet_since_s + wait_s
    if now_s < due_s:
        return replace(state, deadline_s=due_s), ()
    return _commit(state, heard)


def _commit(state: State, heard: Heard) -> tuple[State, tuple[Action, ...]]:
    actions: tuple[Action, ...] = ()
    if state.bot is not Bot.IDLE:
        actions = (StopAnswer(state.generation), UserTookFloor())
    return replace(_silent(state), bot=Bot.IDLE), (*actions, Commit(heard))


def _discard(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    resume = (Resume(),) if state.paused else ()
    deadline_s = now_s + PREPARING_LIMIT_S if state.bot is Bot.PREPARING else None
    return replace(_silent(state), deadline_s=deadline_s), (Discard(state.bot_was_stopped), *resume)


def _silent(state: State) -> State:
    return replace(
        state,
        user=User.SILENT,
        paused=False,
        bot_was_stopped=False,
        heard=None,
        end_probability=None,
        deadline_s=None,
    )


def _answer_due(state: State, interruptible: bool, now_s: float) -> tuple[State, tuple[Action, ...]]:
    actions: tuple[Action, ...] = () if state.bot is Bot.IDLE else (StopAnswer(state.generation),)
    generation = state.generation + 1
    paused = state.user is not User.SILENT and interruptible
    limits_s = {User.SILENT: PREPARING_LIMIT_S, User.TALKING: LONGEST_TURN_S}
    return replace(
        state,
        bot=Bot.PREPARING,
        generation=generation,
        interruptible=interruptible,
        paused=paused,
        bot_was_stopped=False,
        deadline_s=now_s + limits_s[state.user] if state.user in limits_s else state.deadline_s,
    ), (*actions, StartAnswer(generation, paused))


def _bot_started(state: State, generation: int) -> State:
    if generation != state.generation or state.bot is not Bot.PREPARING:
        return state
    playing = replace(state, bot=Bot.PLAYING)
    return replace(playing, deadline_s=None) if state.user is User.SILENT else playing


def _bot_finished(state: State, generation: int) -> tuple[State, tuple[Action, ...]]:
    if generation != state.generation or state.bot is Bot.IDLE:
        return state, ()
    idle = replace(state, bot=Bot.IDLE, paused=False)
    done: tuple[Action, ...] = (BotDone(generation),)
    if state.user is User.SILENT:
        return replace(idle, deadline_s=None), done
    return idle, (*done, UserTookFloor())


def _tick(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if state.deadline_s is None or now_s < state.deadline_s:
        return state, ()
    match state.user:
        case User.TALKING if state.paused and state.bot is not Bot.IDLE:
            taken = replace(state, bot=Bot.IDLE, paused=False, bot_was_stopped=True, deadline_s=now_s + LONGEST_TURN_S)
            return taken, (StopAnswer(state.generation), UserTookFloor())
        case User.TALKING:
            return _user_stopped(state, now_s, now_s)
        case User.DECIDING if state.heard is not None:
            return _judge(replace(state, deadline_s=None), now_s)
        case User.DECIDING if state.bot is not Bot.IDLE:
            return _drop(state, now_s)
        case User.DECIDING:
            closed, actions = _commit(state, Heard("", 0.0, failed=True))
            return closed, (DropDecision(state.decision), *actions)
        case User.SILENT if state.bot is Bot.PREPARING:
            idle = replace(state, bot=Bot.IDLE, deadline_s=None)
            return idle, (StopAnswer(state.generation), Recover(state.generation))
        case _:
            return replace(state, deadline_s=None), ()


def _drop(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    closed, actions = _discard(state, now_s)
    return closed, (DropDecision(state.decision), *actions)
