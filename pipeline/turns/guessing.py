"""What happens ahead of a turn's end: breaths, early readings, and answers that are begun on them. Pure; ADR 0010."""

from dataclasses import replace

from pipeline.turns.actions import Action, DropBreath, ReadBreath
from pipeline.turns.inputs import (
    AnswerBegun,
    BreathRead,
    EndExpected,
    EndWithdrawn,
    Heard,
    UserPaused,
    UserWentOn,
)
from pipeline.turns.speculation import Ground, begin, drop, is_finished, outgrown
from pipeline.turns.state import Bot, State, User

Told = UserPaused | UserWentOn | BreathRead | EndExpected | EndWithdrawn | AnswerBegun
Step = tuple[State, tuple[Action, ...]]


def may_guess(state: State) -> bool:
    """Tell whether the user has a turn that is not over the bot's."""
    return state.user is not User.SILENT and state.bot is Bot.IDLE and not state.over_bot


def read_quickly(state: State, words: Heard, now_s: float) -> Step:
    """Take a quick reading of the turn."""
    if not may_guess(state):
        return state, ()
    return _guess_by_words(replace(state, ahead=state.ahead.with_words(words, now_s)), now_s)


def ahead_of_the_end(state: State, event: Told, now_s: float) -> Step:
    """Take what says that the turn may be over, or that it goes on."""
    match event:
        case UserPaused() | UserWentOn() if state.user is not User.TALKING:
            return state, ()
        case UserPaused():
            guessed, actions = _guess_by_words(replace(state, ahead=replace(state.ahead, in_breath=True)), now_s)
            # Over a bot that holds its breath, the reading decides how soon it goes on.
            return guessed, (ReadBreath(), *actions) if state.bot is Bot.IDLE or state.paused else actions
        case UserWentOn():
            return replace(state, ended=None, ahead=replace(state.ahead, in_breath=False)), (DropBreath(),)
        case BreathRead(heard):
            heard = heard.after(state.before)
            finished = is_finished(heard.text, state.lexicon) and not heard.failed
            return _guess(state, heard) if finished and state.ahead.in_breath else (state, ())
        case EndExpected(heard):
            return _guess(state, heard.after(state.before))
        case EndWithdrawn():
            ahead, actions = drop(state.ahead)
            return replace(state, ended=None, ahead=ahead), actions
        case AnswerBegun(asks_model):
            return replace(state, ahead=replace(state.ahead, begun=state.ahead.begun + 1, asks_model=asks_model)), ()


def _guess_by_words(state: State, now_s: float) -> Step:
    """Begin an answer to the quick reading, if that looks like all; drop one that it proves wrong."""
    ahead, actions = outgrown(state.ahead)
    if ahead.words is None or not may_guess(state):
        return replace(state, ahead=ahead), actions
    better = ahead.answered is not None and ahead.ground is Ground.BEST
    if not better and ahead.looks_over(now_s, state.lexicon, short_answers=state.asked_for.short_answers):
        ahead, begun = begin(ahead, ahead.words, Ground.QUICK)
        actions = (*actions, *begun)
    return replace(state, ahead=ahead), actions


def _guess(state: State, heard: Heard) -> Step:
    if not may_guess(state):
        return state, ()
    ahead, actions = begin(state.ahead, heard, Ground.BEST)
    return replace(state, ahead=ahead), actions
