"""When the caller speaks, and what."""

import re
from dataclasses import dataclass, field

import pytest

from server.caller.dialogue import HUMAN_DELAY_S, NO_ANSWER_S, PATIENCE_S, Decision, Dialogue, GiveUp, Speak, Touch
from server.caller.script import Answer, Script, UiAction
from server.caller.wire import FlowState, Interrupted, Status, Transcript


@dataclass
class _Stage:
    """Runs a dialogue in steps of 20 ms and notes what it decides, with the time."""

    dialogue: Dialogue
    now_s: float = 0.0
    decided: list[tuple[float, Decision]] = field(default_factory=list)

    def run(self, seconds: float, *, audible: bool = False, speaking: bool = False) -> None:
        for _ in range(round(seconds / 0.02)):
            decision = self.dialogue.decide(self.now_s, bot_audible=audible, speaking=speaking)
            if decision is not None:
                self.decided.append((round(self.now_s, 2), decision))
            self.now_s += 0.02

    def bot(self, text: str, seconds: float, key: str = "1", state: str = "a") -> None:
        self.dialogue.receive(FlowState(state, {}))
        self.dialogue.receive(Transcript(key, "assistant", text, is_final=True, interrupted=False))
        self.dialogue.receive(Status("speaking"))
        self.run(seconds, audible=True)
        self.dialogue.receive(Status("listening"))


def _stage(*answers: Answer, run: int = 0) -> _Stage:
    return _Stage(Dialogue(Script(answers), run))


def test_the_caller_speaks_a_human_moment_after_the_bot_has_finished() -> None:
    stage = _stage(Answer(say=("Yes.",)))
    stage.bot("Are you there?", 1.0)
    stage.run(0.2, audible=True)  # the status comes before the last sound has been played
    stage.run(2.0)
    assert stage.decided == [(round(1.2 + HUMAN_DELAY_S, 2), Speak("Yes."))]


def test_a_bot_that_goes_on_within_the_moment_is_not_cut_off() -> None:
    stage = _stage(Answer(say=("Yes.",)))
    stage.bot("One.", 1.0)
    stage.run(0.2)
    stage.bot("Two.", 1.0, key="2")
    stage.run(1.0)
    assert [at for at, _ in stage.decided] == [2.5]


def test_the_caller_answers_once_for_each_turn_of_the_bot() -> None:
    stage = _stage(Answer(say=("Yes.",), times=9))
    stage.bot("One?", 1.0)
    stage.run(4.0)
    stage.bot("Two?", 1.0, key="2")
    stage.run(4.0)
    assert [decision for _, decision in stage.decided] == [Speak("Yes."), Speak("Yes.")]


def test_the_first_answer_that_fits_and_is_not_used_up_is_given() -> None:
    stage = _stage(
        Answer(state="b", say=("b",)),
        Answer(state="a", hears=re.compile("name"), say=("John", "My name is John"), times=2),
        Answer(state="a", say=("else",)),
    )
    for turn in range(3):
        stage.bot("Your name?", 0.5, key=str(turn))
        stage.run(1.0)
    assert [decision for _, decision in stage.decided] == [Speak("John"), Speak("My name is John"), Speak("else")]


def test_the_run_chooses_the_wording() -> None:
    stage = _stage(Answer(say=("a", "b", "c")), run=4)
    stage.bot("?", 0.5)
    stage.run(1.0)
    assert stage.decided[0][1] == Speak("b")


def test_only_what_the_bot_said_since_the_last_answer_counts() -> None:
    stage = _stage(
        Answer(hears=re.compile("first"), say=("1",), times=2), Answer(hears=re.compile("second"), say=("2",))
    )
    stage.bot("The first.", 0.5)
    stage.run(1.0)
    stage.bot("The second.", 0.5, key="2")
    stage.run(1.0)
    assert [decision for _, decision in stage.decided] == [Speak("1"), Speak("2")]


def test_an_interruption_comes_so_long_after_the_bot_began_and_the_next_words_are_answered() -> None:
    stage = _stage(Answer(say=("Sorry",), barge_in_after_ms=800), Answer(say=("Yes.",)))
    stage.run(0.5)
    stage.bot("A long story.", 1.2)
    stage.dialogue.receive(Interrupted(1))
    stage.bot("Yes?", 1.0, key="2")
    stage.run(1.0)
    assert stage.decided == [(1.3, Speak("Sorry")), (3.0, Speak("Yes."))]


def test_touching_and_waiting_count_as_answers() -> None:
    stage = _stage(Answer(wait=True), Answer(ui=UiAction("ok")))
    stage.bot("One moment.", 0.5)
    stage.run(8.0)
    stage.bot("Press ok.", 0.5, key="2")
    stage.run(1.0)
    assert [decision for _, decision in stage.decided] == [Touch(UiAction("ok"))]


def test_with_nothing_to_answer_the_caller_gives_up_and_says_what_it_heard() -> None:
    stage = _stage(Answer(state="b", say=("Hi",)))
    stage.bot("What is this?", 1.0)
    stage.run(PATIENCE_S + 0.1)
    at_s, decision = stage.decided[0]
    assert at_s == pytest.approx(1.0 + PATIENCE_S, abs=0.05)
    assert decision == GiveUp("no answer fits in state a, after hearing: What is this?")


def test_a_bot_that_never_answers_is_given_up_after_longer() -> None:
    stage = _stage(Answer(say=("Hi",)))
    stage.bot("Yes?", 1.0)
    stage.run(0.4)
    stage.run(2.0, speaking=True)
    stage.run(NO_ANSWER_S + 0.1)
    spoke, gave_up = stage.decided[:2]
    assert spoke[1] == Speak("Hi")
    assert gave_up[0] == pytest.approx(1.4 + 2.0 + NO_ANSWER_S, abs=0.05)
    assert gave_up[1] == GiveUp("the bot said nothing for 25 s")


def test_a_server_that_says_nothing_at_all_is_given_up() -> None:
    stage = _stage(Answer(say=("Hi",)))
    stage.run(PATIENCE_S + 0.1)
    assert stage.decided[0][1] == GiveUp("no answer fits in state None, after hearing: nothing")


def test_nothing_is_said_once_the_call_has_ended() -> None:
    stage = _stage(Answer(say=("Hi",)))
    stage.bot("Bye.", 1.0)
    stage.dialogue.receive(Status("ended"))
    stage.run(20)
    assert stage.decided == []
