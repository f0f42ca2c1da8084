"""Plays what the models said of a turn to the turn owner, in media time: when does it take the turn for over?"""

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.endpointing.hearing import TAIL_S, Began, HeardTurn, Paused
from pipeline.turns import owner
from pipeline.turns.actions import Commit, Decide
from pipeline.turns.endpointing import COMPLETE, PROFILES, Profile
from pipeline.turns.inputs import EndJudged, Heard, Input, Tick, TranscriptReady, UserStarted, UserStopped
from pipeline.turns.state import State


@dataclass(frozen=True, slots=True)
class Delays:
    """How long the models take, in seconds of media time."""

    reading_s: float = 0.2
    verdict_s: float = 0.08


@dataclass(frozen=True, slots=True)
class Settings:
    """A point of the curve; the default is ours.

    Attributes:
        complete: From this probability on, the end-of-turn model's word is taken for an end.
        least_floor_s: No floor is lower.
        ceilings: Factor for all ceilings.
    """

    complete: float = COMPLETE
    least_floor_s: float = 0.0
    ceilings: float = 1.0

    def profile(self, rule: str | None) -> Profile:
        """Return what is waited for in a turn of this rule."""
        profile = PROFILES.get(rule or "default", PROFILES["default"])
        floor_s = max(profile.floor_s, self.least_floor_s)
        return replace(profile, floor_s=floor_s, ceiling_s=max(floor_s, profile.ceiling_s * self.ceilings))

    def probability(self, probability: float) -> float:
        """Shift a verdict so that the owner's threshold is this one."""
        if probability >= self.complete:
            return COMPLETE + (1 - COMPLETE) * (probability - self.complete) / max(1 - self.complete, 1e-9)
        return COMPLETE * probability / self.complete * 0.999


@dataclass(frozen=True, slots=True)
class Ending:
    """When a turn was taken for over, in seconds of media time; None: never."""

    heard: HeardTurn
    at_s: float | None

    @property
    def cut_off(self) -> bool:
        """Tell whether it was ended while there was more to come."""
        end_s = self.heard.turn.true_end_s
        return end_s is not None and self.at_s is not None and self.at_s < end_s

    @property
    def delay_ms(self) -> float | None:
        """How long after its last word a turn was taken for over; None where it was not, or too early."""
        end_s = self.heard.turn.true_end_s
        return None if end_s is None or self.at_s is None or self.cut_off else (self.at_s - end_s) * 1000


def end_by_owner(heard: HeardTurn, settings: Settings, delays: Delays) -> Ending:
    """Let the turn owner end the turn."""
    profile = settings.profile(heard.turn.state_rule)
    state = State(asked_for=profile, answered_to=profile, has_end_model=True)
    order = itertools.count()
    due: list[tuple[float, int, Input | Paused]] = []
    for edge in heard.edges:
        heapq.heappush(due, (edge.at_s, next(order), UserStarted() if isinstance(edge, Began) else edge))
    paused: Paused | None = None
    event: Input | Paused
    heard_until_s = heard.turn.seconds + TAIL_S
    while due or state.deadline_s is not None:
        if state.deadline_s is not None and (not due or state.deadline_s <= due[0][0]):
            now_s, event = state.deadline_s, Tick()
        else:
            now_s, _, event = heapq.heappop(due)
        if now_s > heard_until_s:
            break  # somebody still seems to speak
        if isinstance(event, Paused):
            paused, event = event, UserStopped(event.quiet_since_s)
        state, actions = owner.step(state, event, now_s)
        for action in actions:
            if isinstance(action, Commit):
                return Ending(heard, now_s)
            if isinstance(action, Decide) and paused is not None:
                verdict = EndJudged(action.decision, settings.probability(paused.end_probability))
                reading = TranscriptReady(action.decision, Heard(paused.text, paused.confidence))
                heapq.heappush(due, (now_s + delays.verdict_s, next(order), verdict))
                heapq.heappush(due, (now_s + delays.reading_s, next(order), reading))
    return Ending(heard, None)


def end_all(heard: Sequence[HeardTurn], settings: Settings, delays: Delays) -> list[Ending]:
    """Let the turn owner end all turns."""
    return [end_by_owner(turn, settings, delays) for turn in heard]
