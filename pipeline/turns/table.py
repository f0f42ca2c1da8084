"""Prints what the turn owner does in every situation, by asking it: the second half of `docs/turns.md`."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.turns import endpointing, owner, speculation
from pipeline.turns.actions import Action, Commit, Discard, StartAnswer
from pipeline.turns.inputs import (
    AnswerBegun,
    AnswerDue,
    BotFinished,
    BotStarted,
    BreathJudged,
    BreathRead,
    EndExpected,
    EndHeard,
    EndJudged,
    EndWithdrawn,
    Heard,
    Input,
    PartialHeard,
    Tick,
    TranscriptReady,
    TurnSettled,
    UserPaused,
    UserStarted,
    UserStopped,
    UserWentOn,
    VoiceDenied,
    VoiceHinted,
)
from pipeline.turns.state import State
from pipeline.turns.voice_activity import BREATH_WINDOWS, START_WINDOWS, STOP_WINDOWS

_WINDOW_S = 512 / 16_000
_NOW_S = 100.0
_QUIET_S = _NOW_S - STOP_WINDOWS * _WINDOW_S
_BOT_WORDS = "Shall I book a table on the terrace"
_WORDS = Heard("a table for two", 0.9)
_STOPPED = UserStopped(_QUIET_S)
_SPEAKING = (AnswerDue(), BotStarted(1))
_MUST_BE_HEARD = (AnswerDue(interruptible=False), BotStarted(1))

_BREATH = BreathRead(_WORDS)
_OVER = (UserStarted(), UserStopped(_NOW_S - 2), TranscriptReady(1, _WORDS), EndJudged(1, 0.9), AnswerDue())

_SITUATIONS: tuple[tuple[str, tuple[Input, ...]], ...] = (
    ("", ()),
    ("the bot is idle", (UserStarted(),)),
    ("in a breath, its answer begun", (UserStarted(), UserPaused(), _BREATH, AnswerBegun(asks_model=True))),
    ("over what must be heard", (*_MUST_BE_HEARD, UserStarted())),
    ("nothing read yet", (UserStarted(), _STOPPED)),
    ("read, and waiting", (UserStarted(), _STOPPED, TranscriptReady(1, _WORDS))),
    ("over what must be heard", (*_MUST_BE_HEARD, UserStarted(), _STOPPED)),
    ("", (AnswerDue(),)),
    ("", _SPEAKING),
    ("what must be heard", _MUST_BE_HEARD),
    ("the user talks", (*_SPEAKING, UserStarted())),
    ("the user has stopped", (*_SPEAKING, UserStarted(), _STOPPED)),
    ("the user talks before the answer is heard", (AnswerDue(), UserStarted())),
    ("the answer to a turn that is not settled", _OVER),
    ("a window is voiced", (*_OVER, VoiceHinted())),
    ("the user goes on with a turn that is not settled", (*_OVER, UserStarted())),
)

_INPUTS: tuple[tuple[str, Input], ...] = (
    ("", VoiceHinted()),
    ("", VoiceDenied()),
    ("", UserStarted()),
    ("", UserPaused()),
    ("", UserWentOn()),
    ("", _STOPPED),
    ("three words, or a short answer", PartialHeard("a table, please", "")),
    ("a sign of listening", PartialHeard("mhm", "")),
    ("the bot's own words", PartialHeard("on the terrace", _BOT_WORDS)),
    ("more words than before", PartialHeard("a table for two on Friday")),
    ("", _BREATH),
    ("complete", BreathJudged(0.9)),
    ("", EndExpected(_WORDS)),
    ("", EndWithdrawn()),
    ("", EndHeard(_WORDS)),
    ("words", TranscriptReady(1, _WORDS, _BOT_WORDS)),
    ("no words", TranscriptReady(1, Heard("", 0.0))),
    ("a sign of listening", TranscriptReady(1, Heard("mhm", 0.9))),
    ("the bot's own words", TranscriptReady(1, Heard("on the terrace", 0.9), _BOT_WORDS)),
    ("the recogniser failed", TranscriptReady(1, Heard("", 0.0, failed=True))),
    ("of an earlier decision", TranscriptReady(0, _WORDS)),
    ("complete", EndJudged(1, 0.9)),
    ("not complete", EndJudged(1, 0.1)),
    ("", TurnSettled()),
    ("", AnswerDue()),
    ("what must be heard", AnswerDue(interruptible=False)),
    ("", BotStarted(1)),
    ("", BotFinished(1)),
    ("of an earlier answer", BotStarted(0)),
    ("of an earlier answer", BotFinished(0)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One situation, one input, and what follows."""

    phase: str
    situation: str
    event: str
    condition: str
    actions: str
    next_phase: str
    wait: str


def rows() -> Iterator[Row]:
    """Ask the owner about every situation and every input; yield what changes anything."""
    for situation, beforehand in _SITUATIONS:
        state = State(has_end_model=True)
        for event in beforehand:
            state, _ = owner.step(state, event, _NOW_S)
        for condition, event in _INPUTS:
            yield from _row(situation, state, event, condition, _NOW_S)
        if state.deadline_s is not None:
            yield from _row(situation, state, Tick(), "its deadline", state.deadline_s)


def _row(situation: str, state: State, event: Input, condition: str, now_s: float) -> Iterator[Row]:
    after, actions = owner.step(state, event, now_s)
    if (after, actions) != (state, ()):
        wait = "" if after.deadline_s is None else f"{after.deadline_s - now_s:.2f} s"
        done = ", ".join(map(_name, actions)) or "–"
        yield Row(state.phase, situation, type(event).__name__, condition, done, after.phase, wait)


def _name(action: Action) -> str:
    name = type(action).__name__
    match action:
        case Commit(Heard(failed=True)):
            return f"{name} (failed)"
        case Discard(bot_was_stopped=True):
            return f"{name} (ask again)"
        case StartAnswer(paused=True):
            return f"{name} (paused)"
        case _:
            return name


def _waits() -> Iterator[tuple[str, float]]:
    yield "Voice is noticed after", START_WINDOWS * _WINDOW_S
    yield "A voice is waited for once a window is voiced", owner.HINT_S
    yield "The bot is silent for a voice that is not sure yet for", owner.DUCK_S
    yield "A breath is noticed after", BREATH_WINDOWS * _WINDOW_S
    yield "A pause is noticed after", STOP_WINDOWS * _WINDOW_S
    yield "A quick reading at a full stop is believed after", speculation.STILL_S
    yield "An answer is begun before a turn's wait is over by", speculation.AHEAD_S
    yield "First reading after voice over the bot", owner.EARLY_READINGS_S[0]
    yield "Last of the first readings after that", sum(owner.EARLY_READINGS_S)
    yield "Voice over the bot stops it without words after", owner.VERDICT_S
    yield "A short burst over the bot is read within", owner.OVERLAP_DECISION_S
    yield "A turn is read within", owner.DECISION_LIMIT_S
    yield "An answer is heard within", owner.PREPARING_LIMIT_S
    yield "A turn is read at the latest after", owner.LONGEST_TURN_S
    yield "Without an end-of-turn model a turn is over after", endpointing.WITHOUT_MODEL_S
    yield "A longer pause was none within a turn", endpointing.LONGEST_PAUSE_S


def _sure_s(profile: endpointing.Profile) -> float | None:
    """Return from when on an answer is heard where all that is known speaks for an end; None where nothing can."""
    if profile.enough_words is not None:
        return profile.sure_s
    can_be = profile.short_answers or profile.is_whole is not None
    return max(profile.sure_s, profile.floor_s) if can_be else None


def render() -> str:
    """Return the tables of waits, profiles and transitions, as Markdown."""
    lines = ["## Waits", "", "| wait | seconds |", "|---|---|"]
    lines += [f"| {what} | {seconds:g} |" for what, seconds in _waits()]
    lines += [
        "",
        "| waits for | floor | ceiling | words call for more | heard from | if sure | ceiling if brisk | if patient |",
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for name, profile in endpointing.PROFILES.items():
        brisk = max(profile.floor_s, profile.ceiling_s * endpointing.BRISKEST)
        slow = profile.ceiling_s * endpointing.MOST_PATIENT
        waits_s = (
            profile.floor_s,
            profile.ceiling_s,
            profile.hold_s,
            max(profile.heard_s, profile.floor_s),
            _sure_s(profile),
            brisk,
            slow,
        )
        shown = ("" if wait_s is None else f"{wait_s:.2f}" for wait_s in waits_s)
        lines.append(" | ".join((f"| {name}", *shown)) + " |")
    lines += ["", "## Transitions", "", "What is not here changes nothing.", ""]
    lines += ["| phase | input | actions | next phase | deadline in |", "|---|---|---|---|---|"]
    for row in rows():
        phase = f"{row.phase} ({row.situation})" if row.situation else row.phase
        event = f"{row.event}: {row.condition}" if row.condition else row.event
        lines.append(f"| {phase} | {event} | {row.actions} | {row.next_phase} | {row.wait} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
