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
    Speculate,
    StartAnswer,
    StopAnswer,
    UserTookFloor,
)
from pipeline.turns.inputs import (
    AnswerDue,
    BotFinished,
    BotStarted,
    EndJudged,
    Heard,
    Input,
    ProfileSet,
    Tick,
    TranscriptReady,
    UserStarted,
    UserStopped,
)
from pipeline.turns.owner import step
from pipeline.turns.state import Bot, State, User

HELLO = Heard("hello there", 0.9)


def play(state: State, *timed: tuple[float, Input]) -> tuple[State, list[tuple[float, Action]]]:
    done: list[tuple[float, Action]] = []
    for now_s, event in timed:
        state, actions = step(state, event, now_s)
        done.extend((now_s, action) for action in actions)
    return state, done


def speaking(**more: bool) -> State:
    state, _ = play(State(has_end_model=True), (0.0, AnswerDue(**more)), (0.1, BotStarted(1)))
    return state


def test_a_finished_sentence_is_committed_as_soon_as_both_verdicts_are_in() -> None:
    state, actions = play(
        State(has_end_model=True),
        (1.0, UserStarted()),
        (2.2, UserStopped(quiet_since_s=2.0)),
        (2.3, EndJudged(1, 0.9)),
        (2.4, TranscriptReady(1, HELLO)),
    )
    assert actions == [(1.0, UserTookFloor()), (2.2, Decide(1)), (2.4, Commit(HELLO))]
    assert state.phase == "listening"


def test_a_pause_in_mid_sentence_waits_for_the_ceiling() -> None:
    state, actions = play(
        State(has_end_model=True),
        (1.0, UserStarted()),
        (2.2, UserStopped(2.0)),
        (2.3, EndJudged(1, 0.1)),
        (2.4, TranscriptReady(1, HELLO)),
    )
    assert actions[-1] == (2.4, Speculate(HELLO)), "half a second before it is over, its answer is begun"
    assert state.deadline_s == 2.9
    _, late = play(state, (2.9, Tick()))
    assert late == [(2.9, Commit(HELLO))]


def test_words_that_trail_off_are_waited_for_longest_whatever_the_model_says() -> None:
    state, _ = play(
        State(has_end_model=True),
        (1.0, UserStarted()),
        (2.2, UserStopped(2.0)),
        (2.3, EndJudged(1, 0.99)),
        (2.3, TranscriptReady(1, Heard("my name is", 0.9))),
    )
    assert state.user is User.DECIDING
    assert state.deadline_s == 3.5


def test_going_on_drops_the_decision_and_a_stale_transcript_changes_nothing() -> None:
    state, actions = play(
        State(), (1.0, UserStarted()), (2.2, UserStopped(2.0)), (2.3, UserStarted()), (2.4, TranscriptReady(1, HELLO))
    )
    assert (2.3, DropDecision(1)) in actions
    assert state.phase == "hearing"
    assert not any(isinstance(action, Commit) for _, action in actions)


def test_noise_without_words_is_discarded() -> None:
    state, actions = play(
        State(), (1.0, UserStarted()), (1.3, UserStopped(1.1)), (1.4, TranscriptReady(1, Heard("", 0.2)))
    )
    assert actions[-1] == (1.4, Discard())
    assert state.phase == "listening"


def test_a_recogniser_that_never_answers_is_committed_as_failed() -> None:
    state, _ = play(State(), (1.0, UserStarted()), (2.0, UserStopped(1.8)))
    assert state.deadline_s is not None
    _, actions = play(state, (state.deadline_s, Tick()))
    assert [type(action) for _, action in actions] == [DropDecision, Commit]
    assert actions[-1][1] == Commit(Heard("", 0.0, failed=True))


def test_yes_is_enough_where_yes_or_no_was_asked() -> None:
    state, actions = play(
        State(has_end_model=True),
        (0.0, ProfileSet("yes_no")),
        (1.0, UserStarted()),
        (2.2, UserStopped(2.0)),
        (2.25, EndJudged(1, 0.1)),
        (2.3, TranscriptReady(1, Heard("Yes.", 0.9))),
    )
    assert actions[-1] == (2.3, Commit(Heard("Yes.", 0.9)))
    assert state.user is User.SILENT


def test_digits_are_given_time() -> None:
    state, _ = play(
        State(has_end_model=True),
        (0.0, ProfileSet("digits")),
        (1.0, UserStarted()),
        (2.2, UserStopped(2.0)),
        (2.25, EndJudged(1, 0.9)),
        (2.3, TranscriptReady(1, Heard("two nine three", 0.9))),
        (2.5, Tick()),  # an answer is begun
    )
    assert state.deadline_s == 3.0


def test_speech_over_the_bot_ducks_then_stops_it() -> None:
    state, actions = play(speaking(), (1.0, UserStarted()))
    assert actions == [(1.0, Pause())]
    assert state.phase == "ducked"
    state, actions = play(state, (1.65, Tick()))
    assert actions == [(1.65, StopAnswer(1)), (1.65, UserTookFloor())]
    assert state.phase == "hearing"


def test_a_cough_over_the_bot_lets_it_go_on() -> None:
    state, actions = play(
        speaking(), (1.0, UserStarted()), (1.2, UserStopped(1.1)), (1.3, TranscriptReady(1, Heard("", 0.1)))
    )
    assert actions == [(1.0, Pause()), (1.2, Decide(1)), (1.3, Discard()), (1.3, Resume())]
    assert state.phase == "speaking"


def test_a_backchannel_over_the_bot_lets_it_go_on() -> None:
    state, actions = play(
        speaking(), (1.0, UserStarted()), (1.2, UserStopped(1.1)), (1.3, TranscriptReady(1, Heard("Mhm.", 0.8)))
    )
    assert [action for _, action in actions[-2:]] == [Discard(), Resume()]
    assert state.phase == "speaking"


def test_a_burst_that_nobody_can_read_in_time_lets_the_bot_go_on() -> None:
    state, _ = play(speaking(), (1.0, UserStarted()), (1.2, UserStopped(1.1)))
    assert state.deadline_s is not None
    state, actions = play(state, (state.deadline_s, Tick()))
    assert [action for _, action in actions] == [DropDecision(1), Discard(), Resume()]
    assert state.phase == "speaking"


def test_a_short_answer_over_the_bot_is_taken() -> None:
    _, actions = play(
        speaking(),
        (0.5, ProfileSet("yes_no")),
        (1.0, UserStarted()),
        (1.3, UserStopped(1.1)),
        (1.4, TranscriptReady(1, Heard("Yes.", 0.9))),
    )
    assert [action for _, action in actions[-3:]] == [StopAnswer(1), UserTookFloor(), Commit(Heard("Yes.", 0.9))]


def test_what_must_be_heard_is_not_interrupted() -> None:
    state, actions = play(speaking(interruptible=False), (1.0, UserStarted()), (2.0, Tick()))
    assert actions == []
    assert not state.paused
    _, actions = play(state, (2.2, UserStopped(2.0)), (2.4, TranscriptReady(1, HELLO)))
    assert actions == [(2.2, Decide(1)), (2.4, Discard())]


def test_speech_that_outlasts_an_uninterruptible_answer_counts() -> None:
    _, actions = play(
        speaking(interruptible=False),
        (1.0, UserStarted()),
        (2.0, BotFinished(1)),
        (3.0, UserStopped(2.8)),
        (3.1, EndJudged(1, 0.9)),
        (3.6, TranscriptReady(1, HELLO)),
    )
    assert [type(action) for _, action in actions] == [BotDone, UserTookFloor, Decide, Commit]


def test_a_new_answer_replaces_the_one_that_is_playing() -> None:
    state, actions = play(speaking(), (1.0, AnswerDue()))
    assert actions == [(1.0, StopAnswer(1)), (1.0, StartAnswer(2, paused=False))]
    assert state.phase == "thinking"


def test_playout_reports_of_an_old_answer_change_nothing() -> None:
    state, _ = play(speaking(), (1.0, AnswerDue()))
    assert play(state, (1.1, BotStarted(1)), (1.2, BotFinished(1))) == (state, [])


def test_an_answer_that_never_comes_is_recovered_from() -> None:
    state, _ = play(State(), (0.0, AnswerDue()))
    assert state.deadline_s is not None
    state, actions = play(state, (state.deadline_s, Tick()))
    assert [action for _, action in actions] == [StopAnswer(1), Recover(1)]
    assert state.phase == "listening"


def test_an_endless_talker_is_read_after_a_minute() -> None:
    state, _ = play(State(), (0.0, UserStarted()))
    _, actions = play(state, (60.0, Tick()))
    assert actions == [(60.0, Decide(1))]


def test_a_new_answer_does_not_cut_the_user_short_by_the_old_ones_verdict() -> None:
    state, _ = play(speaking(), (1.0, UserStarted()), (1.1, AnswerDue(interruptible=False)))
    assert state.user is User.TALKING
    _, actions = play(state, (1.46, Tick()), (5.0, Tick()))
    assert actions == [], "it is not paused, so there is nothing to judge before the user stops"


def test_an_answer_that_has_not_begun_waits_for_what_the_user_says() -> None:
    state, _ = play(State(), (0.0, AnswerDue()), (0.1, UserStarted()), (0.6, Tick()))
    assert (state.bot, state.paused) == (Bot.PREPARING, True)
    _, noise = play(state, (1.0, UserStopped(0.8)), (2.5, Tick()), (2.6, TranscriptReady(1, Heard("", 0.0))))
    assert [action for _, action in noise] == [Decide(1), Discard(), Resume()]
    _, words = play(state, (1.0, UserStopped(0.8)), (2.6, TranscriptReady(1, HELLO)))
    assert [type(action) for _, action in words] == [Decide, StopAnswer, UserTookFloor, Commit]


def test_a_burst_that_a_broken_recogniser_cannot_read_lets_the_bot_go_on() -> None:
    failed = TranscriptReady(1, Heard("", 0.0, failed=True))
    state, actions = play(speaking(), (1.0, UserStarted()), (1.3, UserStopped(1.1)), (1.4, failed), (3.0, Tick()))
    assert [action for _, action in actions] == [Pause(), Decide(1), Discard(), Resume()]
    assert state.phase == "speaking"
