"""Plays what the models said of a turn to the turn owner, in media time: when is its answer heard?

The shell is played too: breaths, answers that are begun early, turns that are taken back. An answer is ready `model_s`
after it was begun, and is heard then, or when the turn is over.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.endpointing.hearing import TAIL_S, HeardEdge, HeardTurn, Reading
from pipeline.ingest import RATE_HZ
from pipeline.turns import inputs, owner
from pipeline.turns.actions import (
    Action,
    Commit,
    Decide,
    Discard,
    DropBreath,
    DropDecision,
    DropSpeculation,
    ReadBreath,
    Speculate,
    StopAnswer,
    TakeBack,
)
from pipeline.turns.endpointing import COMPLETE, PROFILES, Profile
from pipeline.turns.inputs import Heard, Input
from pipeline.turns.lexicon import words_of
from pipeline.turns.speculation import Ahead
from pipeline.turns.state import State
from pipeline.turns.voice_activity import (
    SpeechDenied,
    SpeechHinted,
    SpeechPaused,
    SpeechStarted,
    SpeechStopped,
    SpeechWentOn,
    VoiceEdge,
)

_ANSWER_S = 0.8
_TURNS_OF_A_CALL = 10
_SEED = 11


@dataclass(frozen=True, slots=True)
class Delays:
    """How long things take, in seconds of media time.

    Attributes:
        detector_s: Collecting windows of other calls, and scoring them.
        model_s: From an answer's beginning to its first sample; 0 is a line that was spoken before.
    """

    reading_s: float = 0.15
    verdict_s: float = 0.08
    detector_s: float = 0.01
    model_s: float = 0.3


@dataclass(frozen=True, slots=True)
class Settings:
    """A point of the curve; the default is ours.

    Attributes:
        complete: From this probability on, the end-of-turn model's word is taken for an end.
        least_floor_s: No floor is lower.
        ceilings: Factor for all ceilings.
        heard_s: Where anything is asked, no answer is heard sooner;
        enough_words: unless it sounds finished after so many words. None is as we have it.
    """

    complete: float = COMPLETE
    least_floor_s: float = 0.0
    ceilings: float = 1.0
    heard_s: float | None = None
    enough_words: int | None = None

    def profile(self, rule: str | None) -> Profile:
        """Return what is waited for in a turn of this rule."""
        profile = PROFILES.get(rule or "default", PROFILES["default"])
        if rule is None:
            words = self.enough_words or profile.enough_words
            profile = replace(profile, heard_s=self.heard_s or profile.heard_s, enough_words=words)
        floor_s = max(profile.floor_s, self.least_floor_s)
        return replace(profile, floor_s=floor_s, ceiling_s=max(floor_s, profile.ceiling_s * self.ceilings))

    def probability(self, probability: float) -> float:
        """Shift a verdict so that the owner's threshold is this one."""
        if probability >= self.complete:
            return COMPLETE + (1 - COMPLETE) * (probability - self.complete) / max(1 - self.complete, 1e-9)
        return COMPLETE * probability / self.complete * 0.999


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a turn; times in seconds of media time.

    Attributes:
        at_s: When its answer was heard; None: never.
        over_s: When it was taken for over at last.
        taken_back: How often it was, and was taken back.
        begun: Answers begun.
    """

    heard: HeardTurn
    at_s: float | None
    over_s: float | None = None
    taken_back: int = 0
    begun: int = 0

    @property
    def cut_off(self) -> bool:
        """Tell whether the bot was heard while there was more to come."""
        end_s = self.heard.turn.true_end_s
        return end_s is not None and self.at_s is not None and self.at_s < end_s

    @property
    def delay_ms(self) -> float | None:
        """How long after its last word a turn was answered; None where it was not, or too early."""
        return self._after_end_ms(self.at_s)

    @property
    def over_ms(self) -> float | None:
        """How long after its last word a turn was taken for over."""
        return self._after_end_ms(self.over_s)

    def _after_end_ms(self, at_s: float | None) -> float | None:
        end_s = self.heard.turn.true_end_s
        return None if end_s is None or at_s is None or self.cut_off else (at_s - end_s) * 1000


class _Replay:
    """One turn, and a shell around the owner that keeps an agenda instead of waiting."""

    def __init__(self, heard: HeardTurn, settings: Settings, delays: Delays, before: State) -> None:
        profile = settings.profile(heard.turn.state_rule)
        ahead = Ahead(spare=before.ahead.spare)
        self.state = State(
            asked_for=profile, answered_to=profile, has_end_model=True, patience=before.patience, ahead=ahead
        )
        self._heard, self._settings, self._delays = heard, settings, delays
        self._order = itertools.count()
        self._agenda: list[tuple[float, int, Input | HeardEdge]] = []
        for edge in heard.edges:
            self._later(edge.at_s + delays.detector_s, edge)
        self._reading: Reading | None = None
        self._breath: tuple[float, Reading] | None = None
        self._judged: tuple[float, float] | None = None
        self._begun: tuple[float, str] | None = None
        self._known = ""  # what was said in the part that was taken back
        self._over_s: float | None = None
        self._ready_s: float | None = None
        self._at_s: float | None = None
        self._taken_back = self._answers = 0

    def run(self) -> Ending:
        """Play it to its end; the bot goes on talking into a turn that it cut off."""
        until_s = self._heard.turn.seconds + TAIL_S
        now_s = 0.0
        while True:
            waits = (self._agenda_s(), self.state.deadline_s, self._audible_s(now_s))
            next_s = min((at_s for at_s in waits if at_s is not None), default=None)
            if next_s is None or next_s > until_s:
                return Ending(self._heard, self._at_s, self._over_s, self._taken_back, self._answers)
            now_s = max(now_s, next_s)
            if self._audible_s(now_s) == now_s:
                self._begin_to_speak(now_s)
            elif self.state.deadline_s is not None and self.state.deadline_s <= now_s:
                self._tell(inputs.Tick(), now_s)
            else:
                _, _, item = heapq.heappop(self._agenda)
                self._tell(self._input(item) if isinstance(item, HeardEdge) else item, now_s)

    def _begin_to_speak(self, now_s: float) -> None:
        self._at_s = now_s if self._at_s is None else self._at_s
        self._ready_s = None
        self._later(now_s + _ANSWER_S, inputs.BotFinished(self.state.generation))
        self._tell(inputs.BotStarted(self.state.generation), now_s)

    def _agenda_s(self) -> float | None:
        return self._agenda[0][0] if self._agenda else None

    def _audible_s(self, now_s: float) -> float | None:
        silent = self._ready_s is None or self.state.paused or self.state.hushed
        return None if silent or self._ready_s is None else max(now_s, self._ready_s)

    def _later(self, at_s: float, item: Input | HeardEdge) -> None:
        heapq.heappush(self._agenda, (at_s, next(self._order), item))

    def _input(self, heard: HeardEdge) -> Input:
        self._reading = heard.reading or self._reading
        if isinstance(heard.edge, SpeechStopped):
            return inputs.UserStopped(heard.edge.pos_samples / RATE_HZ)
        return _INPUTS[type(heard.edge)]

    def _tell(self, event: Input, now_s: float) -> None:
        self.state, actions = owner.step(self.state, event, now_s)
        for action in actions:
            self._perform(action, now_s)

    def _perform(self, action: Action, now_s: float) -> None:
        match action:
            case ReadBreath(judged) if self._reading is not None:
                self._breath = now_s + self._delays.reading_s, self._reading
                self._later(self._breath[0], inputs.BreathRead(self._words(self._reading)))
                if judged:
                    probability = self._settings.probability(self._reading.end_probability)
                    self._judged = now_s + self._delays.verdict_s, probability
                    self._later(self._judged[0], inputs.BreathJudged(probability))
            case DropBreath() | DropDecision() | Discard():
                self._breath = self._judged = None
                of_breath = inputs.BreathRead | inputs.BreathJudged
                self._agenda = [entry for entry in self._agenda if not isinstance(entry[2], of_breath)]
                heapq.heapify(self._agenda)
            case Decide(decision) if self._reading is not None:
                read_s, reading = self._breath or (now_s + self._delays.reading_s, self._reading)
                asked_now = self._settings.probability(self._reading.end_probability)
                judged_s, probability = self._judged or (0.0, 0.0)
                if probability < COMPLETE:
                    judged_s, probability = now_s + self._delays.verdict_s, asked_now
                self._later(max(now_s, judged_s), inputs.EndJudged(decision, probability))
                self._later(max(now_s, read_s), inputs.TranscriptReady(decision, self._words(reading)))
            case _:
                self._answer(action, now_s)

    def _answer(self, action: Action, now_s: float) -> None:
        match action:
            case Speculate(heard):
                if self._begun is None or self._begun[1] != heard.text:
                    self._begun = now_s + self._delays.model_s, heard.text
                    self._answers += 1
                    self._tell(inputs.AnswerBegun(asks_model=self._delays.model_s > 0), now_s)
            case DropSpeculation():
                self._begun = None
            case Commit(heard):
                self._over_s = now_s if self._at_s is None else self._over_s
                self._known = heard.text
                if self._begun is None or words_of(self._begun[1]) != words_of(heard.text):
                    self._begun = now_s + self._delays.model_s, heard.text
                    self._answers += 1
                self._ready_s, self._begun, self._breath, self._judged = self._begun[0], None, None, None
                self._tell(inputs.AnswerDue(), now_s)
            case TakeBack():
                self._taken_back += 1
                self._ready_s = None
                self._over_s = self._over_s if self._at_s is not None else None
            case StopAnswer():
                self._ready_s = None

    def _words(self, reading: Reading) -> Heard:
        """Return what was read since the turn was taken back: here the recogniser was given all of it."""
        known = len(words_of(self._known))
        return Heard(" ".join(reading.text.split()[known:]), reading.confidence)


_INPUTS: dict[type[VoiceEdge], Input] = {
    SpeechHinted: inputs.VoiceHinted(),
    SpeechDenied: inputs.VoiceDenied(),
    SpeechStarted: inputs.UserStarted(),
    SpeechPaused: inputs.UserPaused(),
    SpeechWentOn: inputs.UserWentOn(),
}


def end_by_owner(heard: HeardTurn, settings: Settings, delays: Delays) -> Ending:
    """Let the turn owner end the turn of a caller of whom it knows nothing."""
    return _Replay(heard, settings, delays, State()).run()


def end_all(heard: Sequence[HeardTurn], settings: Settings, delays: Delays) -> list[Ending]:
    """Let the turn owner end all turns, each of another caller."""
    return [end_by_owner(turn, settings, delays) for turn in heard]


def end_calls(heard: Sequence[HeardTurn], settings: Settings, delays: Delays) -> list[Ending]:
    """Let it end them as turns of calls, each about one kind of thing: what it has learned of a caller counts."""
    by_rule: dict[str | None, list[HeardTurn]] = defaultdict(list)
    for number in np.random.default_rng(_SEED).permutation(len(heard)):
        by_rule[heard[number].turn.state_rule].append(heard[number])
    endings = []
    for turns in by_rule.values():
        state = State()
        for number, turn in enumerate(turns):
            replay = _Replay(turn, settings, delays, state if number % _TURNS_OF_A_CALL else State())
            endings.append(replay.run())
            state = replay.state
    return endings
