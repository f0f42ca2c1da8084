"""What is heard over the bot: whether it stops, how soon, and whose words they are."""

import pytest

from pipeline.turns.actions import (
    Action,
    BotDone,
    Commit,
    Decide,
    Discard,
    DropDecision,
    Pause,
    Resume,
    ShowWords,
    Speculate,
    StopAnswer,
    UserTookFloor,
)
from pipeline.turns.endpointing import MOST_PATIENT
from pipeline.turns.inputs import (
    AnswerDue,
    BotFinished,
    BotStarted,
    EndJudged,
    Heard,
    Input,
    PartialHeard,
    ProfileSet,
    Tick,
    TranscriptReady,
    UserPaused,
    UserStarted,
    UserStopped,
    UserWentOn,
)
from pipeline.turns.owner import GOING_S, OVERLAP_DECISION_S, VERDICT_S, step
from pipeline.turns.state import Bot, State, User

BOT = "Would you like a table inside or on the terrace"
WORDS = Heard("no I want to cancel", 0.9)


def play(state: State, *timed: tuple[float, Input]) -> tuple[State, list[tuple[float, Action]]]:
    done: list[tuple[float, Action]] = []
    for now_s, event in timed:
        state, actions = step(state, event, now_s)
        done.extend((now_s, action) for action in actions)
    return state, done


def speaking(*, interruptible: bool = True) -> State:
    return play(State(has_end_model=True), (0.0, AnswerDue(interruptible)), (0.1, BotStarted(1)))[0]


def ducked() -> State:
    return play(speaking(), (1.0, UserStarted()))[0]


# --- words decide early ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["stop", "Wait.", "no", "yes", "No, I", "hold on", "mhm but I", "what about Monday"])
def test_words_over_the_bot_stop_it_before_the_verdict(text: str) -> None:
    state, actions = play(ducked(), (1.2, PartialHeard(text, BOT)))
    assert actions == [(1.2, StopAnswer(1)), (1.2, UserTookFloor()), (1.2, ShowWords(text))]
    assert (state.phase, state.bot, state.bot_was_stopped) == ("hearing", Bot.IDLE, True)
    assert state.deadline_s == pytest.approx(61.2)


@pytest.mark.parametrize("text", ["mhm", "Uh-huh.", "I see.", "tea", "hm hm"])
def test_a_sign_of_listening_or_one_word_waits_for_the_verdict(text: str) -> None:
    state, actions = play(ducked(), (1.2, PartialHeard(text, BOT)))
    assert (state, actions) == (ducked(), []), "it is not shown either: it may be nothing"
    _, verdict = play(state, (1.0 + VERDICT_S, Tick()))
    assert [action for _, action in verdict] == [StopAnswer(1), UserTookFloor()]


@pytest.mark.parametrize("at_s", [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.649])
def test_the_verdict_needs_its_whole_time_and_words_need_none(at_s: float) -> None:
    assert play(ducked(), (at_s, Tick())) == (ducked(), [])
    assert play(ducked(), (at_s, PartialHeard("stop it", BOT)))[1][0] == (at_s, StopAnswer(1))


def test_words_to_a_bot_that_is_silent_are_only_shown() -> None:
    state, _ = play(State(), (1.0, UserStarted()))
    after, actions = play(state, (1.5, PartialHeard("my name", "")))
    assert actions == [(1.5, ShowWords("my name"))]
    assert after.phase == "hearing"


def test_words_that_come_when_the_turn_is_being_judged_are_not_shown_any_more() -> None:
    state, _ = play(State(), (1.0, UserStarted()), (2.0, UserStopped(1.8)))
    assert play(state, (2.1, PartialHeard("my name", ""))) == (state, [])


def test_words_over_what_must_be_heard_are_shown_when_they_outlast_it() -> None:
    state, _ = play(speaking(interruptible=False), (1.0, UserStarted()))
    assert play(state, (1.2, PartialHeard("stop it now", BOT))) == (state, [])
    state, _ = play(state, (2.0, BotFinished(1)))
    assert play(state, (2.8, PartialHeard("stop it now", BOT)))[1] == [(2.8, ShowWords("stop it now"))]


def test_words_before_an_answer_is_heard_stop_it_too() -> None:
    state, actions = play(State(), (0.0, AnswerDue()), (0.3, UserStarted()), (0.6, PartialHeard("and with milk", "")))
    assert actions[1:] == [
        (0.3, Pause()),
        (0.6, StopAnswer(1)),
        (0.6, UserTookFloor()),
        (0.6, ShowWords("and with milk")),
    ]
    assert state.phase == "hearing"


def test_a_final_reading_with_words_stops_the_bot_before_the_turn_is_over() -> None:
    state, actions = play(
        ducked(), (1.3, UserStopped(1.1)), (1.35, TranscriptReady(1, WORDS, BOT)), (1.4, EndJudged(1, 0.1))
    )
    assert actions == [(1.3, Decide(1)), (1.35, StopAnswer(1)), (1.35, UserTookFloor())]
    assert (state.user, state.deadline_s) == (User.DECIDING, 1.5)
    assert play(state, (1.5, Tick()), (2.0, Tick()))[1] == [(1.5, Speculate(WORDS)), (2.0, Commit(WORDS))]


def test_a_first_frame_that_crosses_the_voice_still_gets_its_verdict() -> None:
    state, _ = play(State(), (0.0, AnswerDue()), (0.3, UserStarted()), (0.3, BotStarted(1)))
    assert state.deadline_s == pytest.approx(0.3 + VERDICT_S)
    assert play(state, (0.95, Tick()))[1] == [(0.95, StopAnswer(1)), (0.95, UserTookFloor())]


def test_a_recogniser_that_fails_on_a_short_burst_lets_the_bot_go_on() -> None:
    failed = TranscriptReady(1, Heard("", 0.0, failed=True), BOT)
    state, actions = play(ducked(), (1.3, UserStopped(1.1)), (1.4, failed))
    assert actions == [(1.3, Decide(1)), (1.4, Discard()), (1.4, Resume())]
    assert state.phase == "speaking"


# --- the bot's own words ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["the terrace", "on the terrace", "inside or on the terrace", "or in the terrace on"])
def test_its_own_words_do_not_stop_the_bot(text: str) -> None:
    state, actions = play(ducked(), (1.2, PartialHeard(text, BOT)))
    assert (state, actions) == (ducked(), []), "not even shown"
    state, actions = play(state, (1.3, UserStopped(1.1)), (1.4, TranscriptReady(1, Heard(text, 0.9), BOT)))
    assert actions == [(1.3, Decide(1)), (1.4, Discard()), (1.4, Resume())]
    assert state.phase == "speaking"


def test_an_echo_that_turns_out_to_be_more_stops_the_bot() -> None:
    _, actions = play(
        ducked(), (1.15, PartialHeard("the terrace", BOT)), (1.3, PartialHeard("the terrace is fine I", BOT))
    )
    assert [action for _, action in actions] == [StopAnswer(1), UserTookFloor(), ShowWords("the terrace is fine I")]


def test_who_talks_on_while_the_bot_is_silent_is_no_echo_whatever_the_words() -> None:
    text = Heard("on the terrace", 0.9)
    _, actions = play(
        ducked(),
        (1.0 + VERDICT_S, Tick()),
        (2.2, UserStopped(2.0)),
        (2.25, EndJudged(1, 0.9)),
        (2.3, TranscriptReady(1, text, BOT)),
    )
    assert actions[-1] == (2.3, Commit(text)), "it is the answer to what was asked"


def test_the_echo_of_what_must_be_heard_is_not_taken_for_an_answer() -> None:
    state, actions = play(
        speaking(interruptible=False),
        (1.0, UserStarted()),
        (4.0, BotFinished(1)),
        (4.3, UserStopped(4.1)),
        (4.4, TranscriptReady(1, Heard("inside or on the terrace", 0.8), BOT)),
    )
    assert actions[-1] == (4.4, Discard())
    assert state.phase == "listening"


def test_words_repeated_after_the_bot_has_finished_are_an_answer() -> None:
    text = Heard("on the terrace", 0.9)
    _, actions = play(
        speaking(),
        (3.0, BotFinished(1)),
        (3.5, UserStarted()),
        (4.4, UserStopped(4.2)),
        (4.45, EndJudged(1, 0.9)),
        (4.5, TranscriptReady(1, text, BOT)),
    )
    assert actions[-1] == (4.5, Commit(text))


def test_a_second_burst_of_the_same_echo_is_still_an_echo() -> None:
    state, actions = play(
        ducked(),
        (1.3, UserStopped(1.1)),
        (1.35, UserStarted()),
        (1.6, UserStopped(1.4)),
        (1.7, TranscriptReady(2, Heard("on the terrace", 0.9), BOT)),
    )
    assert [type(action) for _, action in actions] == [Decide, DropDecision, Decide, Discard, Resume]
    assert state.phase == "speaking"


def test_an_echo_in_two_bursts_around_the_bots_end_is_still_an_echo() -> None:
    _, actions = play(
        speaking(interruptible=False),
        (1.0, UserStarted()),
        (1.3, UserStopped(1.1)),
        (1.35, BotFinished(1)),
        (1.4, UserStarted()),
        (1.9, UserStopped(1.7)),
        (2.0, TranscriptReady(2, Heard("on the terrace", 0.9), BOT)),
    )
    assert actions[-1] == (2.0, Discard())


def test_a_burst_that_is_not_read_in_time_does_not_hold_the_bot() -> None:
    state, _ = play(ducked(), (1.3, UserStopped(1.1)))
    assert state.deadline_s == pytest.approx(1.3 + OVERLAP_DECISION_S)


# --- the caller's own pauses -----------------------------------------------------------------------------------------
def turn_with_pause(state: State, began_s: float, pause_s: float) -> State:
    quiet_s = began_s + 1.0
    state, _ = play(
        state,
        (began_s, UserStarted()),
        (quiet_s + 0.192, UserStopped(quiet_s)),
        (quiet_s + pause_s, UserStarted()),
        (quiet_s + pause_s + 1.192, UserStopped(quiet_s + pause_s + 1.0)),
    )
    done, actions = play(
        state,
        (quiet_s + pause_s + 1.2, EndJudged(state.decision, 0.9)),
        (quiet_s + pause_s + 1.25, TranscriptReady(state.decision, Heard("so it is", 0.9))),
        (quiet_s + pause_s + 5.0, Tick()),
    )
    assert isinstance(actions[-1][1], Commit)
    return done


@pytest.mark.parametrize(
    ("pauses_s", "ceiling_s"), [((0.85,), 0.985), ((0.4,) * 3, 0.9), ((0.4,) * 4, 0.63), ((0.6,) * 4, 0.735)]
)
def test_pauses_within_turns_move_the_ceiling_of_the_next(pauses_s: tuple[float, ...], ceiling_s: float) -> None:
    state = State(has_end_model=True)
    for turn, pause_s in enumerate(pauses_s):
        state = turn_with_pause(state, 10.0 * turn, pause_s)
    state, _ = play(
        state, (100.0, UserStarted()), (101.2, UserStopped(101.0)), (101.3, EndJudged(state.decision + 1, 0.1))
    )
    state, _ = play(state, (101.4, TranscriptReady(state.decision, WORDS)))
    state, actions = play(state, (101.5, Tick()))
    assert state.deadline_s == pytest.approx(101.0 + ceiling_s)
    assert [type(action) for _, action in actions] in ([Speculate], [])


def test_a_caller_who_was_cut_off_is_given_more_time() -> None:
    state, _ = play(
        State(has_end_model=True),
        (1.0, UserStarted()),
        (2.2, UserStopped(2.0)),
        (2.3, EndJudged(1, 0.1)),
        (2.4, TranscriptReady(1, Heard("two nine three", 0.9))),
        (2.9, Tick()),
        (2.9, AnswerDue()),
        (3.1, UserStarted()),
    )
    assert state.profile.ceiling_s == pytest.approx(1.1 + 0.15 * 0.9), "1.1 s of pause, and a margin"
    assert state.profile.ceiling_s < MOST_PATIENT * 0.9


def test_speech_into_the_greeting_teaches_nothing_about_pauses() -> None:
    state, _ = play(State(), (0.0, AnswerDue()), (0.4, UserStarted()))
    assert state.patience.pauses == ()


def test_a_pause_counts_against_what_was_asked_when_it_was_made() -> None:
    state, _ = play(
        State(has_end_model=True),
        (0.0, ProfileSet("digits")),
        (1.0, UserStarted()),
        (2.2, UserStopped(2.0)),
        (2.3, ProfileSet("yes_no")),
        (3.4, UserStarted()),
    )
    assert state.patience.pauses == (1.0,), "1.4 s where 1.4 s were allowed"


# --- the bot's end and the user's beginning cross --------------------------------------------------------------------
def test_a_bot_that_finishes_as_the_user_begins_leaves_no_verdict_behind() -> None:
    state, actions = play(ducked(), (1.0, BotFinished(1)))
    assert [type(action) for _, action in actions] == [BotDone, UserTookFloor]
    assert state.deadline_s == pytest.approx(61.0)
    assert play(state, (1.45, Tick())) == (state, []), "the user still talks"


@pytest.mark.parametrize("event", [BotFinished(1), AnswerDue()])
def test_a_reading_has_its_whole_time_once_it_is_not_over_the_bot(event: Input) -> None:
    state, _ = play(ducked(), (1.3, UserStopped(1.1)), (1.4, event))
    assert state.deadline_s == pytest.approx(7.4)


# --- the verdict is on a voice that is there -------------------------------------------------------------------------
def test_a_voice_that_is_just_going_is_waited_for() -> None:
    due_s = 1.0 + VERDICT_S
    state, actions = play(ducked(), (due_s - 0.05, UserPaused()), (due_s, Tick()))
    assert StopAnswer(1) not in [action for _, action in actions]
    assert state.phase == "ducked"
    state, actions = play(state, (due_s + 0.1, UserStopped(due_s - 0.1)))
    _, read = play(state, (due_s + 0.2, TranscriptReady(1, Heard("I see", 0.9), BOT)))
    assert [action for _, action in read][-1] == Resume()


def test_a_voice_that_comes_back_has_its_verdict_a_moment_later() -> None:
    due_s = 1.0 + VERDICT_S
    state, _ = play(ducked(), (due_s - 0.05, UserPaused()), (due_s, Tick()), (due_s + 0.02, UserWentOn()))
    _, actions = play(state, (due_s + GOING_S, Tick()))
    assert actions == [(due_s + GOING_S, StopAnswer(1)), (due_s + GOING_S, UserTookFloor())]
