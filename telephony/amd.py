"""Who answered a call that we made, and what follows from it. Pure: everything that is known is an event.

Words count most, then tones, then the carrier's own verdict, then how long the first utterance was. A person is never
kept waiting for a verdict: until there is one, the call goes on as if a person had answered.
"""

from dataclasses import dataclass, replace
from typing import Literal, assert_never

from kit.phone_calls import AnsweredBy, MachinePolicy
from telephony.screening import machine_in
from telephony.tones import ToneHeard

LONG_UTTERANCE_S = 4.0  # without a pause: nobody greets a caller for so long
SHORT_PAUSE_S = 0.6  # is none
SHORT_UTTERANCE_S = 2.0
QUIET_AFTER_S = 0.8  # a person waits for an answer
UNDECIDED_S = 10.0
GREETING_OVER_S = 2.5  # of silence; some machines do not beep
LONGEST_GREETING_S = 40.0
LISTENS_S = 30.0  # later, words and beeps belong to the conversation


@dataclass(frozen=True, slots=True)
class VoiceBegan:
    """The other side began to speak."""


@dataclass(frozen=True, slots=True)
class VoiceEnded:
    """It fell silent."""


@dataclass(frozen=True, slots=True)
class WordsHeard:
    """What it has said so far in this utterance."""

    text: str


@dataclass(frozen=True, slots=True)
class CarrierSays:
    """The carrier's own verdict, which may come late."""

    by: AnsweredBy


@dataclass(frozen=True, slots=True)
class Tick:
    """`AmdState.deadline_s` has come."""


Event = VoiceBegan | VoiceEnded | WordsHeard | ToneHeard | CarrierSays | Tick


@dataclass(frozen=True, slots=True)
class Judged:
    """Who answered; may be said again when more is known. `why`: `words`, `tone`, `carrier`, `length`, `time`."""

    by: AnsweredBy
    why: str


What = Literal["introduce", "wait", "leave_message", "hang_up"]


@dataclass(frozen=True, slots=True)
class Do:
    """What the policy wants now: each at most once a call.

    Attributes:
        what: `introduce` tells a helper that screens calls who calls and why, and stays; `wait` says nothing until the
            greeting is over; `leave_message` speaks now; `hang_up` ends the call.
    """

    what: What


_WEIGHTS = {"words": 4, "tone": 3, "carrier": 2, "length": 1, "time": 0}


@dataclass(frozen=True, slots=True)
class AmdState:
    """What is known of who answered.

    Attributes:
        began_s: When the call was answered.
        judged: The verdict so far.
        done: What was wanted already.
        voice_from_s: Of the utterance under way, or the last one; short pauses do not end it.
        quiet_from_s: When the other side fell silent; None while it speaks.
    """

    policy: MachinePolicy
    began_s: float
    judged: Judged | None = None
    done: frozenset[str] = frozenset()
    voice_from_s: float | None = None
    quiet_from_s: float | None = None

    @property
    def deadline_s(self) -> float | None:
        """When a `Tick` is wanted; None: no more."""
        if self.waits_for_end:
            over_s = None if self.quiet_from_s is None else self.quiet_from_s + GREETING_OVER_S
            last_s = self.began_s + LONGEST_GREETING_S
            return last_s if over_s is None else min(over_s, last_s)
        if self.judged is not None:
            return None
        waits = [self.began_s + UNDECIDED_S]
        if self.voice_from_s is not None and self.quiet_from_s is None:
            waits.append(self.voice_from_s + LONG_UTTERANCE_S)
        if self.quiet_from_s is not None and self.was_short:
            waits.append(self.quiet_from_s + QUIET_AFTER_S)
        return min(waits)

    def listens(self, now_s: float) -> bool:
        """Whether words and tones still tell who took the call."""
        return now_s - self.began_s < LISTENS_S or self.waits_for_end

    @property
    def waits_for_end(self) -> bool:
        """Whether a message is to be left once the machine's greeting is over."""
        return "wait" in self.done and not self.done & {"leave_message", "hang_up"}

    @property
    def was_short(self) -> bool:
        """Whether the last utterance was as short as a person's greeting."""
        first, last = self.voice_from_s, self.quiet_from_s
        return first is not None and last is not None and last - first <= SHORT_UTTERANCE_S


def step(state: AmdState, event: Event, now_s: float) -> tuple[AmdState, tuple[Judged | Do, ...]]:
    """Advance by one event; return what is known anew, and what is to be done."""
    if isinstance(event, WordsHeard | ToneHeard) and not state.listens(now_s):
        return state, ()
    match event:
        case VoiceBegan():
            quiet_from_s = state.quiet_from_s
            goes_on = quiet_from_s is not None and now_s - quiet_from_s < SHORT_PAUSE_S
            voice_from_s = state.voice_from_s if goes_on else now_s
            return replace(state, voice_from_s=voice_from_s, quiet_from_s=None), ()
        case VoiceEnded():
            return replace(state, quiet_from_s=now_s), ()
        case WordsHeard(text):
            return _words(state, text)
        case ToneHeard():
            return _tone(state, event)
        case CarrierSays(by):
            return _carrier(state, by)
        case Tick():
            return _tick(state, now_s)
        case _:
            assert_never(event)


def _words(state: AmdState, text: str) -> tuple[AmdState, tuple[Judged | Do, ...]]:
    is_person = state.judged is not None and state.judged.by is AnsweredBy.HUMAN
    match machine_in(text, surely=is_person):
        case "screening":
            state, known = _judge(state, AnsweredBy.UNKNOWN, "words")
            state, wanted = _want(state, "introduce")
            return state, (*known, *wanted)
        case "voicemail":
            return _machine(state, AnsweredBy.MACHINE_START, "words")
    return state, ()


def _tone(state: AmdState, tone: ToneHeard) -> tuple[AmdState, tuple[Judged | Do, ...]]:
    match tone.kind:
        case "fax" | "out_of_service":
            by = AnsweredBy.FAX if tone.kind == "fax" else AnsweredBy.MACHINE_END_OTHER
            state, known = _judge(state, by, "tone")
            state, wanted = _want(state, "hang_up")
            return state, (*known, *wanted)
        case "beep":
            known_machine = state.judged is not None and state.judged.by.is_machine
            if not known_machine and state.voice_from_s is None:
                return state, ()  # nobody has spoken yet: a ring-back tone, or a key
            state, known = _judge(state, AnsweredBy.MACHINE_END_BEEP, "tone", refines=known_machine)
            state, wanted = _after_greeting(state)
            return state, (*known, *wanted)


def _carrier(state: AmdState, by: AnsweredBy) -> tuple[AmdState, tuple[Judged | Do, ...]]:
    if by is AnsweredBy.UNKNOWN:
        return state, ()
    if not by.is_machine:
        return _judge(state, by, "carrier")
    if by is AnsweredBy.FAX:
        state, known = _judge(state, by, "carrier")
        state, wanted = _want(state, "hang_up") if known else (state, ())
        return state, (*known, *wanted)
    if by is AnsweredBy.MACHINE_START:
        return _machine(state, by, "carrier")
    state, known = _judge(state, by, "carrier", refines=state.judged is not None and state.judged.by.is_machine)
    state, wanted = _after_greeting(state) if known else (state, ())
    return state, (*known, *wanted)


def _tick(state: AmdState, now_s: float) -> tuple[AmdState, tuple[Judged | Do, ...]]:
    if state.deadline_s is None or now_s < state.deadline_s:
        return state, ()
    if state.waits_for_end:  # its greeting is over, and it does not beep
        state, known = _judge(state, AnsweredBy.MACHINE_END_SILENCE, "time", refines=True)
        state, wanted = _after_greeting(state)
        return state, (*known, *wanted)
    if state.voice_from_s is not None and state.quiet_from_s is None:
        if now_s >= state.voice_from_s + LONG_UTTERANCE_S:
            return _machine(state, AnsweredBy.MACHINE_START, "length")
    elif state.quiet_from_s is not None and state.was_short and now_s >= state.quiet_from_s + QUIET_AFTER_S:
        return _judge(state, AnsweredBy.HUMAN, "length")
    return _judge(state, AnsweredBy.UNKNOWN, "time")


def _machine(state: AmdState, by: AnsweredBy, why: str) -> tuple[AmdState, tuple[Judged | Do, ...]]:
    state, known = _judge(state, by, why)
    if not known:
        return state, ()
    match state.policy:
        case MachinePolicy.CONTINUE:
            return state, known
        case MachinePolicy.HANG_UP:
            state, wanted = _want(state, "hang_up")
        case MachinePolicy.LEAVE_MESSAGE:
            state, wanted = _want(state, "wait")
    return state, (*known, *wanted)


def _after_greeting(state: AmdState) -> tuple[AmdState, tuple[Do, ...]]:
    match state.policy:
        case MachinePolicy.CONTINUE:
            return state, ()
        case MachinePolicy.HANG_UP:
            return _want(state, "hang_up")
        case MachinePolicy.LEAVE_MESSAGE:
            return _want(state, "leave_message")


def _judge(state: AmdState, by: AnsweredBy, why: str, *, refines: bool = False) -> tuple[AmdState, tuple[Judged, ...]]:
    """Take a verdict, unless what there is weighs as much; one that says more of the same machine always counts."""
    before = state.judged
    if before is not None and (before.by is by or (not refines and _WEIGHTS[why] <= _WEIGHTS[before.why])):
        return state, ()
    judged = Judged(by, before.why if refines and before is not None else why)
    return replace(state, judged=judged), (judged,)


def _want(state: AmdState, what: What) -> tuple[AmdState, tuple[Do, ...]]:
    if what in state.done or "hang_up" in state.done:
        return state, ()
    return replace(state, done=state.done | {what}), (Do(what),)
