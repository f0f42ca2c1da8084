"""What happens ahead of a turn's end: breaths, early readings, and answers that are begun on them. Pure; ADR 0010."""

from dataclasses import replace

from pipeline.turns.actions import Action, DropBreath, ReadBreath
from pipeline.turns.endpointing import COMPLETE, is_sure
from pipeline.turns.inputs import (
    AnswerBegun,
    BreathJudged,
    BreathRead,
    EndExpected,
    EndWithdrawn,
    Heard,
    UserPaused,
    UserWentOn,
)
from pipeline.turns.speculation import Ground, begin, drop, is_finished, outgrown
from pipeline.turns.state import Bot, State, User

Told = UserPaused | UserWentOn | BreathRead | BreathJudged | EndExpected | EndWithdrawn | AnswerBegun
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
            guessed, actions = _guess_by_words(replace(state, ahead=state.ahead.paused(in_breath=True)), now_s)
            # Over a bot that holds its breath, the reading decides how soon it goes on.
            reads = state.bot is Bot.IDLE or state.paused
            judged = state.bot is Bot.IDLE and state.asked_for.enough_words is not None
            return guessed, (ReadBreath(judged), *actions) if reads else actions
        case UserWentOn():
            return replace(state, ended=None, ahead=state.ahead.paused(in_breath=False)), (DropBreath(),)
        case BreathRead(heard):
            return _guess_in_breath(replace(state, ahead=replace(state.ahead, read=heard.after(state.before))))
        case BreathJudged(probability):
            return _guess_in_breath(replace(state, ahead=replace(state.ahead, probability=probability)))
        case EndExpected(heard):
            return _guess(state, heard.after(state.before), Ground.BEST)
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
    better = ahead.answered is not None and ahead.ground is not Ground.QUICK
    if not better and ahead.looks_over(now_s, state.lexicon, short_answers=state.asked_for.short_answers):
        ahead, begun = begin(ahead, ahead.words, Ground.QUICK)
        actions = (*actions, *begun)
    return replace(state, ahead=ahead), actions


def _guess_in_breath(state: State) -> Step:
    """Begin an answer once what is known of a breath is what is known of an end."""
    ahead = state.ahead
    if not ahead.in_breath or ahead.read is None or ahead.read.failed:
        return state, ()
    if not is_finished(ahead.read.text, state.lexicon):
        return state, ()
    if is_sure(state.profile, ahead.read.text, ahead.probability, state.lexicon):
        return _guess(state, ahead.read, Ground.SURE)
    sounds_over = not state.has_end_model or (ahead.probability is not None and ahead.probability >= COMPLETE)
    return _guess(state, ahead.read, Ground.BEST) if sounds_over else (state, ())


def _guess(state: State, heard: Heard, ground: Ground) -> Step:
    if not may_guess(state):
        return state, ()
    ahead, actions = begin(state.ahead, heard, ground)
    return replace(state, ahead=ahead), actions
