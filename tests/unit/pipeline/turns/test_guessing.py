"""When the owner begins an answer ahead of the end, when it drops it, and what a wrong guess costs."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.turns.actions import Action, Commit, Decide, DropBreath, DropSpeculation, ReadBreath, Speculate
from pipeline.turns.inputs import (
    AnswerBegun,
    AnswerDue,
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
    UserPaused,
    UserStarted,
    UserStopped,
    UserWentOn,
)
from pipeline.turns.owner import step
from pipeline.turns.speculation import MOST_A_TURN, MOST_SPARE, WRONG_GUESS
from pipeline.turns.state import State, User

TEA = Heard("some tea please.", 1.0)
LONG = Heard("I would like some tea with milk, please.", 1.0)
BEGUN = AnswerBegun(asks_model=True)
OVER, NOT_OVER = BreathJudged(0.9), BreathJudged(0.2)


def play(state: State, *timed: tuple[float, Input]) -> tuple[State, list[tuple[float, Action]]]:
    done: list[tuple[float, Action]] = []
    for now_s, event in timed:
        state, actions = step(state, event, now_s)
        done.extend((now_s, action) for action in actions)
        if any(isinstance(action, Speculate) for action in actions):
            state, _ = step(state, BEGUN, now_s)
    return state, done


def guesses(done: list[tuple[float, Action]]) -> list[tuple[float, Action]]:
    return [(now_s, action) for now_s, action in done if isinstance(action, Speculate | DropSpeculation)]


def hearing() -> State:
    return play(State(has_end_model=True), (1.0, UserStarted()))[0]


def test_a_breath_is_read_and_its_end_drops_the_reading() -> None:
    _, done = play(hearing(), (1.8, UserPaused()), (1.85, UserWentOn()))
    assert done == [(1.8, ReadBreath(judged=True)), (1.85, DropBreath())]


@pytest.mark.parametrize(("name", "judged"), [("default", True), ("long_answer", True), ("digits", False)])
def test_the_sound_of_a_breath_is_judged_where_it_can_make_an_end_sure(name: str, judged: bool) -> None:
    _, done = play(hearing(), (1.0, ProfileSet(name)), (1.8, UserPaused()))
    assert done == [(1.8, ReadBreath(judged))]


def test_words_that_are_all_that_was_asked_for_are_answered_whatever_they_sound_like() -> None:
    yes = Heard("Yes.", 0.9)
    _, done = play(hearing(), (1.0, ProfileSet("yes_no")), (1.8, UserPaused()), (1.9, BreathRead(yes)))
    assert guesses(done) == [(1.9, Speculate(yes))]


def test_fresh_words_that_look_finished_are_answered_in_a_breath() -> None:
    _, done = play(hearing(), (1.7, PartialHeard("some tea please.")), (1.8, UserPaused()))
    assert guesses(done) == [(1.8, Speculate(TEA))]


@pytest.mark.parametrize("text", ["I would like a", "well,", "mhm", "...", ""])
def test_words_that_call_for_more_are_not_answered(text: str) -> None:
    _, done = play(hearing(), (1.7, PartialHeard(text)), (1.8, UserPaused()), (1.9, BreathRead(Heard(text, 0.9))))
    assert guesses(done) == []


def test_words_that_are_old_are_not_answered() -> None:
    _, done = play(hearing(), (1.4, PartialHeard("some tea please.")), (1.8, UserPaused()))
    assert guesses(done) == []


def test_words_that_stand_still_at_a_full_stop_are_answered_while_the_voice_fades() -> None:
    _, done = play(
        hearing(), (1.5, PartialHeard("some tea")), (1.6, PartialHeard(TEA.text)), (1.81, PartialHeard(TEA.text))
    )
    assert guesses(done) == [(1.81, Speculate(TEA))]


def test_a_short_answer_that_stands_still_needs_no_full_stop_where_one_is_asked_for() -> None:
    told = ((1.3, PartialHeard("yes")), (1.55, PartialHeard("yes")))
    assert guesses(play(hearing(), *told)[1]) == []
    asked = play(hearing(), (1.0, ProfileSet("yes_no")))[0]
    assert guesses(play(asked, *told)[1]) == [(1.55, Speculate(Heard("yes", 1.0)))]


def test_the_best_reading_of_a_breath_is_answered_and_replaces_a_worse_one() -> None:
    best = Heard("some green tea please", 0.9)
    state, done = play(hearing(), (1.7, PartialHeard(TEA.text)), (1.8, UserPaused()), (1.85, OVER))
    state = replace(state, ahead=replace(state.ahead, spare=MOST_SPARE + WRONG_GUESS))
    done += play(state, (1.9, BreathRead(best)))[1]
    assert guesses(done) == [(1.8, Speculate(TEA)), (1.9, DropSpeculation()), (1.9, Speculate(best))]


@pytest.mark.parametrize("first", [OVER, BreathRead(TEA)])
def test_a_breath_is_answered_once_its_words_and_its_sound_are_known(first: Input) -> None:
    second = BreathRead(TEA) if first == OVER else OVER
    state, done = play(hearing(), (1.8, UserPaused()), (1.85, first))
    assert guesses(done) == []
    assert guesses(play(state, (1.9, second))[1]) == [(1.9, Speculate(TEA))]


def test_a_breath_that_does_not_sound_like_an_end_is_not_answered() -> None:
    _, done = play(hearing(), (1.8, UserPaused()), (1.85, NOT_OVER), (1.9, BreathRead(TEA)))
    assert guesses(done) == []


def test_the_sound_of_one_breath_tells_nothing_of_the_next() -> None:
    told = ((1.8, UserPaused()), (1.85, OVER), (1.86, UserWentOn()), (2.2, UserPaused()), (2.3, BreathRead(TEA)))
    assert guesses(play(hearing(), *told)[1]) == []


def test_without_an_end_of_turn_model_the_words_alone_are_answered() -> None:
    state, _ = play(State(has_end_model=False), (1.0, UserStarted()))
    assert guesses(play(state, (1.8, UserPaused()), (1.9, BreathRead(TEA)))[1]) == [(1.9, Speculate(TEA))]


def test_a_reading_that_comes_when_the_voice_is_back_is_not_answered() -> None:
    _, done = play(hearing(), (1.8, UserPaused()), (1.85, UserWentOn()), (1.9, BreathRead(TEA)))
    assert guesses(done) == []


def test_the_same_words_in_another_spelling_keep_the_answer() -> None:
    same = Heard("Some tea, please", 1.0)
    state, done = play(hearing(), (1.8, UserPaused()), (1.85, OVER), (1.9, BreathRead(TEA)), (1.95, UserStopped(1.75)))
    _, more = play(state, (2.0, EndJudged(1, 0.9)), (2.0, TranscriptReady(1, same)))
    assert guesses(done) == [(1.9, Speculate(TEA))]
    assert more == [(2.0, Commit(same))]


def test_a_quick_reading_drops_a_better_one_only_if_it_has_more_words() -> None:
    state, _ = play(hearing(), (1.8, UserPaused()), (1.85, OVER), (1.9, BreathRead(TEA)), (1.92, UserWentOn()))
    assert guesses(play(state, (2.0, PartialHeard("sum tea")))[1]) == []
    assert guesses(play(state, (2.3, PartialHeard("some tea please and")))[1]) == [(2.3, DropSpeculation())]


def test_voice_after_the_pause_drops_the_answer() -> None:
    state, _ = play(hearing(), (1.8, UserPaused()), (1.85, OVER), (1.9, BreathRead(TEA)), (1.95, UserStopped(1.75)))
    assert guesses(play(state, (2.3, UserStarted()))[1]) == [(2.3, DropSpeculation())]


def test_an_answer_is_begun_half_a_second_before_the_ceiling() -> None:
    state, done = play(hearing(), (2.2, UserStopped(2.0)), (2.25, EndJudged(1, 0.1)), (2.3, TranscriptReady(1, TEA)))
    assert guesses(done) == []
    assert state.deadline_s == pytest.approx(2.4)
    state, done = play(state, (2.4, Tick()))
    assert done == [(2.4, Speculate(TEA))]
    assert state.deadline_s == pytest.approx(2.9)


def test_nothing_is_begun_over_the_bot() -> None:
    state, _ = play(State(has_end_model=True), (0.0, AnswerDue(interruptible=False)), (0.1, BotStarted(1)))
    _, done = play(
        state, (1.0, UserStarted()), (1.7, PartialHeard(TEA.text)), (1.8, UserPaused()), (1.9, BreathRead(TEA))
    )
    assert guesses(done) == []


# --- the recogniser's own belief ------------------------------------------------------------------------------------
def test_a_recogniser_that_expects_the_end_has_the_answer_begun_and_one_that_withdraws_has_it_dropped() -> None:
    _, done = play(hearing(), (1.6, EndExpected(TEA)), (1.7, EndWithdrawn()))
    assert guesses(done) == [(1.6, Speculate(TEA)), (1.7, DropSpeculation())]


def test_a_recogniser_that_is_sure_ends_the_turn_before_its_ceiling() -> None:
    state, _ = play(hearing(), (2.2, UserStopped(2.0)), (2.25, EndJudged(1, 0.1)))
    assert play(state, (2.3, EndHeard(TEA)))[1] == [(2.3, Commit(TEA))]


def test_a_recogniser_that_is_sure_before_the_voice_is_gone_is_remembered_until_it_is() -> None:
    state, done = play(hearing(), (2.1, EndHeard(TEA)))
    assert done == []
    assert play(state, (2.2, UserStopped(2.0)))[1] == [(2.2, Decide(1)), (2.2, Commit(TEA))]
    state, _ = play(state, (2.15, UserPaused()), (2.18, UserWentOn()))
    assert play(state, (2.6, UserStopped(2.4)))[1] == [(2.6, Decide(1))], "it went on, so that was wrong"


def test_the_floor_holds_though_the_recogniser_is_sure() -> None:
    state, _ = play(hearing(), (1.0, ProfileSet("digits")), (2.2, UserStopped(2.0)))
    state, done = play(state, (2.3, EndHeard(TEA)))
    assert not any(isinstance(action, Commit) for _, action in done)
    assert play(state, (2.5, Tick()), (3.0, Tick()))[1] == [(2.5, Speculate(TEA)), (3.0, Commit(TEA))]


def test_the_end_of_a_turn_that_is_over_changes_nothing() -> None:
    state, _ = play(State(), (1.0, UserStarted()), (1.3, UserStopped(1.1)), (1.4, TranscriptReady(1, Heard("", 0.0))))
    assert play(state, (1.5, EndHeard(TEA)), (1.5, EndExpected(TEA)), (1.6, EndWithdrawn())) == (state, [])


# --- what a wrong guess costs -----------------------------------------------------------------------------------------
TOLD = st.sampled_from(["tea.", "some tea.", "some tea please.", "two teas.", "mhm", "I want a", ""])
EVENTS = st.one_of(
    st.builds(PartialHeard, TOLD),
    st.just(UserPaused()),
    st.just(UserWentOn()),
    st.builds(BreathRead, st.builds(Heard, TOLD, st.sampled_from([0.4, 0.9]))),
    st.sampled_from([OVER, NOT_OVER]),
    st.builds(EndExpected, st.builds(Heard, TOLD, st.just(0.9))),
    st.just(EndWithdrawn()),
    st.just(UserStarted()),
    st.just(UserStopped(0.0)),
)


class Bill:
    """A shell that begins whatever is wanted, and counts model calls."""

    def __init__(self) -> None:
        self.state, self.now_s, self.calls = State(has_end_model=True), 0.0, 0
        self.begun = 0
        self.answered: str | None = None

    def tell(self, event: Input, after_s: float) -> None:
        self.now_s += after_s
        self.state, actions = step(self.state, event, self.now_s)
        for action in actions:
            match action:
                case DropSpeculation():
                    self.answered = None
                case Speculate(heard) if heard.text != self.answered:
                    self.answered, self.begun, self.calls = heard.text, self.begun + 1, self.calls + 1
                    self.state, _ = step(self.state, BEGUN, self.now_s)
                case Commit(heard):
                    self.calls += heard.text != self.answered

    def turn(self, told: list[tuple[float, Input]], said: str) -> None:
        self.begun, self.answered = 0, None
        self.tell(UserStarted(), 1.0)
        for after_s, event in told:
            self.tell(event, after_s)
        self.tell(UserStopped(self.now_s - 0.2), 0.1)
        self.tell(TranscriptReady(self.state.decision, Heard(said, 0.9)), 0.1)
        while self.state.user is not User.SILENT:
            self.tell(Tick(), max(0.0, (self.state.deadline_s or 0.0) - self.now_s))
        assert self.begun <= MOST_A_TURN


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from([0.03, 0.1, 0.3]), EVENTS), max_size=12), min_size=20, max_size=40))
def test_models_are_asked_at_most_135_times_in_100_turns_whatever_the_caller_does(
    turns: list[list[tuple[float, Input]]],
) -> None:
    bill = Bill()
    for told in turns:
        bill.turn(told, "two teas.")
    assert bill.calls <= len(turns) * 1.35 + 2, "and two, of what there is to spare at first"


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        (((0.5, PartialHeard(TEA.text)), (0.1, UserPaused())), 6),
        (((0.6, UserPaused()), (0.1, BreathRead(TEA)), (0.05, OVER)), 8),
        (((0.6, UserPaused()), (0.1, BreathRead(LONG)), (0.05, OVER)), 9),
    ],
)
def test_a_wrong_guess_is_paid_by_the_turns_after_it(told: Sequence[tuple[float, Input]], wrong: int) -> None:
    bill = Bill()
    for _ in range(24):
        bill.turn(list(told), "no, water.")
    assert bill.calls == 24 + wrong
