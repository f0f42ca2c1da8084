"""The turn owner: one pure machine that decides who speaks.

Two things are true at any time: what the user does (silent, talking, or just stopped and being judged) and what the bot
does (idle, preparing an answer, playing it). Everything of a bot turn carries its generation; a stale one is dropped
wherever it surfaces. Every wait has a deadline in the state.
"""

from dataclasses import replace
from typing import assert_never

from pipeline.turns.actions import (
    Action,
    BotDone,
    Commit,
    Decide,
    Discard,
    DropDecision,
    Pause,
    Recover,
    Resume,
    ShowWords,
    StartAnswer,
    StopAnswer,
    TakeBack,
    UserTookFloor,
)
from pipeline.turns.endpointing import CERTAIN, PROFILES, waits_s
from pipeline.turns.guessing import ahead_of_the_end, may_guess, read_quickly
from pipeline.turns.inputs import (
    AnswerBegun,
    AnswerDue,
    AnswerGuarded,
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
    ProfileSet,
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
from pipeline.turns.lexicon import MUMBLED, is_backchannel, is_echo, takes_the_floor
from pipeline.turns.pauses import haste_s, learn_pause
from pipeline.turns.speculation import AHEAD_S, Ground, begin, closed, contradict, drop, is_finished, taken_back
from pipeline.turns.state import Bot, State, User

# Voice over the bot that is not gone after so long is an interruption, words or not; "I see" and "uh-huh" are shorter.
# The bot is silent meanwhile, so that waiting costs nothing that is heard.
VERDICT_S = 0.65
GOING_S = 0.2  # and one that is just going is waited for: a pause is sure after 192 ms
EARLY_READINGS_S = (0.15, 0.15, 0.2)  # one after the other, all before that: words decide sooner
OVERLAP_DECISION_S = 0.9  # a short burst over the bot is judged by its words within this, else the bot goes on
LONGEST_TURN_S = 60.0
DECISION_LIMIT_S = 6.0  # a recogniser that is silent for this long has heard nothing
PREPARING_LIMIT_S = 12.0
HINT_S = 0.1  # a voiced window is followed by two more within this, or it was no voice
DUCK_S = 0.2  # over the bot; a soft beginning takes longer to be sure, and the bot is silent meanwhile


def step(state: State, event: Input, now_s: float) -> tuple[State, tuple[Action, ...]]:
    """Advance by one input; an input that does not fit, or is stale, changes nothing."""
    match event:
        case VoiceHinted() | VoiceDenied() | UserStarted() | UserStopped():
            return _of_the_voice(state, event, now_s)
        case PartialHeard():
            return _partial_heard(state, event, now_s)
        case TranscriptReady() | EndJudged():
            return _learned(state, event, now_s)
        case (
            UserPaused() | UserWentOn() | BreathRead() | BreathJudged() | EndExpected() | EndWithdrawn() | AnswerBegun()
        ):
            return ahead_of_the_end(state, event, now_s)
        case EndHeard(heard, bot_words):
            return _end_heard(state, heard, bot_words, now_s)
        case AnswerDue() | AnswerGuarded() | BotStarted() | BotFinished() | TurnSettled():
            return _of_the_bot(state, event, now_s)
        case ProfileSet(name, language):
            profile = PROFILES.get(name, PROFILES["default"])
            return replace(state, asked_for=profile, language=language or state.language), ()
        case Tick():
            return _tick(state, now_s)
        case _:
            assert_never(event)


def _of_the_bot(
    state: State, event: AnswerDue | AnswerGuarded | BotStarted | BotFinished | TurnSettled, now_s: float
) -> tuple[State, tuple[Action, ...]]:
    match event:
        case AnswerDue(interruptible):
            return _answer_due(state, interruptible, now_s)
        case AnswerGuarded():
            return replace(state, interruptible=state.bot is Bot.IDLE and state.interruptible), ()
        case BotStarted(generation):
            return _bot_started(state, generation, now_s), ()
        case BotFinished(generation):
            return _bot_finished(state, generation, now_s)
        case TurnSettled():
            return replace(state, unheard=None), ()


def _of_the_voice(
    state: State, event: VoiceHinted | VoiceDenied | UserStarted | UserStopped, now_s: float
) -> tuple[State, tuple[Action, ...]]:
    match event:
        case VoiceHinted() | VoiceDenied():
            return _hinted(state, isinstance(event, VoiceHinted), now_s)
        case UserStarted():
            return _user_started(state, now_s)
        case UserStopped(quiet_since_s):
            return _user_stopped(state, quiet_since_s, now_s)


def _hinted(state: State, hinted: bool, now_s: float) -> tuple[State, tuple[Action, ...]]:
    """A voice may begin: neither is a turn ended in that moment, nor an answer to it begun aloud."""
    if state.user is User.TALKING or state.hinted == hinted:
        return state, ()
    known = replace(state, hinted=hinted)
    if state.user is User.DECIDING and not hinted:
        return _judge(known, now_s)
    if state.user is not User.SILENT or state.bot is Bot.IDLE:
        return _let_speak(known)
    if state.bot is Bot.PLAYING:
        return _duck(known, now_s)
    if not hinted:
        return _let_speak(known) if now_s >= state.heard_from_s else (known, ())
    return replace(known, hushed=True), () if state.hushed else (Pause(),)


def _duck(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    """The bot, which is heard, holds its breath while a voice may begin: sooner than that is sure, and not for long."""
    if not state.hinted:
        return _let_speak(replace(state, deadline_s=None))
    if not state.interruptible:
        return state, ()
    return replace(state, hushed=True, deadline_s=now_s + DUCK_S), () if state.hushed else (Pause(),)


def _let_speak(state: State) -> tuple[State, tuple[Action, ...]]:
    return replace(state, hushed=False), (Resume(),) if state.hushed else ()


def _user_started(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if state.user is User.TALKING:
        return state, ()
    deciding = state.user is User.DECIDING
    ahead, dropped = drop(state.ahead)
    actions: tuple[Action, ...] = (DropDecision(state.decision), *dropped) if deciding else dropped
    talking = replace(
        learn_pause(state, now_s),
        user=User.TALKING,
        hinted=False,
        hushed=False,
        haste_s=haste_s(state, now_s),
        unheard=state.unheard if state.bot is Bot.PREPARING else None,
        ended=None,
        ahead=replace(ahead.paused(in_breath=False), words=None),
        over_bot=state.bot is Bot.PLAYING or (deciding and state.over_bot),
        heard=None,
        end_probability=None,
        deadline_s=now_s + LONGEST_TURN_S,
    )
    if state.bot is Bot.IDLE:
        return talking, (*actions, UserTookFloor())
    if not state.interruptible:
        return talking, (*actions, Resume()) if state.hushed else actions
    pause = () if state.paused or state.hushed else (Pause(),)
    # An answer that nobody hears yet needs no verdict: it waits until the words are known.
    verdict_s = VERDICT_S if state.bot is Bot.PLAYING else LONGEST_TURN_S
    return replace(talking, paused=True, deadline_s=now_s + verdict_s), (*actions, *pause)


def _user_stopped(state: State, quiet_since_s: float, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if state.user is not User.TALKING:
        return state, ()
    decision = state.decision + 1
    limit_s = OVERLAP_DECISION_S if state.paused and state.bot is Bot.PLAYING else DECISION_LIMIT_S
    deciding = replace(
        state,
        user=User.DECIDING,
        decision=decision,
        answered_to=state.asked_for,
        quiet_since_s=quiet_since_s,
        heard=None,
        end_probability=None,
        ended=None,
        ahead=replace(state.ahead, in_breath=False),
        deadline_s=now_s + limit_s,
    )
    if state.ended is None:
        return deciding, (Decide(decision),)
    over, actions = _read(replace(deciding, end_probability=CERTAIN), state.ended, "", now_s)
    return over, (Decide(decision), *actions)


def _partial_heard(state: State, event: PartialHeard, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if state.user is not User.TALKING or (state.over_bot and is_echo(event.text, event.bot_words)):
        return state, ()
    words = Heard(event.text, event.confidence)
    if not state.paused or not takes_the_floor(event.text, state.lexicon):
        # What may yet turn out to be nothing is not shown over the bot.
        hidden = state.bot is not Bot.IDLE and (state.over_bot or state.unheard is not None)
        whole = words.after(state.before)
        guessed, actions = read_quickly(state, whole, now_s)
        return guessed, actions if hidden else (ShowWords(whole.text), *actions)
    taken, actions = _take_floor(state)
    return replace(taken, deadline_s=now_s + LONGEST_TURN_S), (*actions, ShowWords(words.after(taken.before).text))


def _end_heard(state: State, heard: Heard, bot_words: str, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if state.user is User.DECIDING:
        return _read(replace(state, end_probability=CERTAIN), heard, bot_words, now_s)
    if state.user is User.TALKING and not state.over_bot:
        return replace(state, ended=heard), ()
    return state, ()


def _take_floor(state: State) -> tuple[State, tuple[Action, ...]]:
    """The user means it: the bot stops for good."""
    taken = replace(state, bot=Bot.IDLE, paused=False, bot_was_stopped=True, over_bot=False)
    if state.unheard is None:
        patience = state.patience.after_haste(state.haste_s or 0.0, state.answered_to)
        return replace(taken, patience=patience, haste_s=None), (StopAnswer(state.generation), UserTookFloor())
    # What was said before is a part of this turn: the user had only paused.
    ahead = taken_back(state.ahead)
    again = replace(taken, bot_was_stopped=False, unheard=None, before=state.unheard, ahead=ahead)
    return again, (TakeBack(state.generation),)


def _learned(state: State, event: TranscriptReady | EndJudged, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if event.decision != state.decision or state.user is not User.DECIDING:
        return state, ()
    if isinstance(event, EndJudged):
        return _judge(replace(state, end_probability=event.probability), now_s)
    return _read(state, event.heard, event.bot_words, now_s)


def _read(state: State, heard: Heard, bot_words: str, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if _means_nothing(state, heard, bot_words):
        return _discard(state, now_s)
    known, actions = (state, ()) if state.bot is Bot.IDLE else _take_floor(state)
    judged, more = _judge(replace(known, heard=heard.after(known.before)), now_s)
    return judged, (*actions, *more)


def _means_nothing(state: State, heard: Heard, bot_words: str) -> bool:
    if not heard.text.strip() and not heard.failed:
        return state.before is None
    if state.over_bot and is_echo(heard.text, bot_words):
        return True
    if state.bot is Bot.IDLE:
        return False
    unread = state.bot is Bot.PLAYING and (heard.failed or heard.confidence < MUMBLED)
    return not state.interruptible or unread or is_backchannel(heard.text, state.lexicon)


def _judge(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    """Commit, or wait a little longer, by what is known of the turn that has just stopped."""
    if state.heard is None:
        return state, ()
    if state.bot is not Bot.IDLE and not state.interruptible:
        return _discard(state, now_s)  # the bot began meanwhile what must be heard
    is_judged = state.end_probability is not None or not state.has_end_model
    known = state.profile, state.heard.text, state.end_probability, state.lexicon
    wait_s, heard_s = waits_s(*known, is_judged=is_judged)
    due_s = state.quiet_since_s + wait_s
    if now_s >= due_s and state.hinted and now_s < due_s + HINT_S:
        return replace(state, deadline_s=due_s + HINT_S), ()
    if now_s >= due_s:
        return _commit(state, state.heard, heard_s)
    ahead, actions = contradict(state.ahead, state.heard)
    if may_guess(state) and is_finished(state.heard.text, state.lexicon) and not state.heard.failed:
        if now_s < due_s - AHEAD_S:
            return replace(state, ahead=ahead, deadline_s=due_s - AHEAD_S), actions
        ahead, more = begin(ahead, state.heard, Ground.SURE)
        actions = (*actions, *more)
    return replace(state, ahead=ahead, deadline_s=due_s), actions


def _commit(state: State, heard: Heard, heard_s: float = 0.0) -> tuple[State, tuple[Action, ...]]:
    actions: tuple[Action, ...] = ()
    if state.bot is not Bot.IDLE:
        actions = (StopAnswer(state.generation), UserTookFloor())
    patience = state.patience if heard.failed else state.patience.after_turn()
    unheard = None if heard.failed else heard
    over = replace(
        _silent(state),
        bot=Bot.IDLE,
        patience=patience,
        ahead=closed(state.ahead, heard),
        unheard=unheard,
        heard_from_s=0.0 if unheard is None else state.quiet_since_s + heard_s,
    )
    return over, (*actions, Commit(heard))


def _discard(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    resume = (Resume(),) if state.paused else ()
    deadline_s = now_s + PREPARING_LIMIT_S if state.bot is Bot.PREPARING else None
    ahead, dropped = drop(state.ahead)
    over = replace(_silent(state), deadline_s=deadline_s, ahead=closed(ahead, None))
    return over, (*dropped, Discard(state.bot_was_stopped), *resume)


def _silent(state: State) -> State:
    return replace(
        state,
        user=User.SILENT,
        paused=False,
        bot_was_stopped=False,
        over_bot=False,
        before=None,
        heard=None,
        end_probability=None,
        deadline_s=None,
    )


def _answer_due(state: State, interruptible: bool, now_s: float) -> tuple[State, tuple[Action, ...]]:
    ahead, dropped = drop(state.ahead)
    actions: tuple[Action, ...] = dropped if state.bot is Bot.IDLE else (*dropped, StopAnswer(state.generation))
    generation = state.generation + 1
    paused = state.user is not User.SILENT and interruptible
    early = state.unheard is not None and state.bot is Bot.IDLE and now_s < state.heard_from_s
    hushed = state.user is User.SILENT and (state.hinted or early)
    if state.user is User.SILENT:
        deadline_s: float | None = state.heard_from_s if early else now_s + PREPARING_LIMIT_S
    else:
        deadline_s = _without_verdict_s(state, now_s)
    return replace(
        state,
        bot=Bot.PREPARING,
        generation=generation,
        interruptible=interruptible,
        paused=paused,
        hushed=hushed,
        unheard=state.unheard if state.bot is Bot.IDLE and state.user is User.SILENT else None,
        bot_was_stopped=False,
        ahead=ahead,
        deadline_s=deadline_s,
    ), (*actions, StartAnswer(generation, paused or hushed))


def _without_verdict_s(state: State, now_s: float) -> float | None:
    """When a turn that is no longer over the bot must have moved on: its own limits hold again."""
    if state.user is User.TALKING:
        return now_s + LONGEST_TURN_S
    return now_s + DECISION_LIMIT_S if state.heard is None else state.deadline_s


def _bot_started(state: State, generation: int, now_s: float) -> State:
    if generation != state.generation or state.bot is not Bot.PREPARING:
        return state
    playing = replace(state, bot=Bot.PLAYING, unheard=None)
    if state.user is User.SILENT:
        return replace(playing, deadline_s=now_s + HINT_S if state.hushed else None)
    if state.user is User.TALKING and state.paused:
        # Its first frame and the voice crossed: what may be heard needs a verdict.
        return replace(playing, deadline_s=now_s + VERDICT_S)
    return playing


def _bot_finished(state: State, generation: int, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if generation != state.generation or state.bot is Bot.IDLE:
        return state, ()
    idle = replace(state, bot=Bot.IDLE, paused=False, hushed=False, unheard=None)
    done: tuple[Action, ...] = (BotDone(generation),)
    if state.user is User.SILENT:
        return replace(idle, deadline_s=None), done
    return replace(idle, deadline_s=_without_verdict_s(state, now_s)), (*done, UserTookFloor())


def _tick(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    if state.deadline_s is None or now_s < state.deadline_s:
        return state, ()
    match state.user:
        case User.TALKING if state.paused and state.bot is not Bot.IDLE and state.ahead.in_breath:
            return replace(state, ahead=replace(state.ahead, in_breath=False), deadline_s=now_s + GOING_S), ()
        case User.TALKING if state.paused and state.bot is not Bot.IDLE:
            # Whoever talks on while the bot holds its breath is no echo of it.
            taken, actions = _take_floor(state)
            return replace(taken, deadline_s=now_s + LONGEST_TURN_S), actions
        case User.TALKING:
            return _user_stopped(state, now_s, now_s)
        case User.DECIDING if state.heard is not None:
            return _judge(replace(state, deadline_s=None), now_s)
        case User.DECIDING if state.bot is not Bot.IDLE:
            return _drop(state, now_s)
        case User.DECIDING:
            closed, actions = _commit(state, Heard("", 0.0, failed=True).after(state.before))
            return closed, (DropDecision(state.decision), *actions)
        case User.SILENT if state.bot is Bot.PREPARING and now_s < state.heard_from_s + HINT_S and state.hushed:
            waiting = replace(state, deadline_s=now_s + PREPARING_LIMIT_S)
            return (waiting, ()) if state.hinted else _let_speak(waiting)
        case User.SILENT if state.bot is Bot.PREPARING:
            idle = replace(state, bot=Bot.IDLE, hushed=False, unheard=None, deadline_s=None)
            return idle, (StopAnswer(state.generation), Recover(state.generation))
        case _:
            return _let_speak(replace(state, deadline_s=None))


def _drop(state: State, now_s: float) -> tuple[State, tuple[Action, ...]]:
    closed, actions = _discard(state, now_s)
    return closed, (DropDecision(state.decision), *actions)
