"""What is shown and remembered is what was written; what the voice is given is what is said."""

import asyncio

from pipeline.frames.audio import AudioOut
from pipeline.frames.text import Caption
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.tts import FakeTts
from tests.support.call_lab import Lab, Setup, call
from tests.unit.pipeline.test_session import ONE_STATE

ANSWER = "Sure, that is $4.50 at **9:05**. Call 555-1234 or mail ada@example.com 😊."


async def wait(_lab: Lab) -> None:
    await asyncio.sleep(30)


def test_captions_show_what_was_written_and_the_voice_gets_what_is_said() -> None:
    setup = Setup(ONE_STATE, llm=FakeLlm([[ANSWER]]))
    report, leg = call(setup, wait)
    assert setup.tts.spoken == [
        "Sure,",
        "that is four dollars and fifty cents at nine oh five.",
        "Call five five five, one two three four or mail ada at example dot com.",
    ]
    assert leg.captions("assistant")[-1] == ANSWER
    assert report.turns[0].bot == ANSWER


def test_an_answer_that_is_cut_is_remembered_as_far_as_it_was_heard_in_its_own_words() -> None:
    for word_times in (False, True):
        for onset_s in (1.0, 2.0, 3.0, 4.0, 5.0):

            async def scenario(lab: Lab, onset_s: float = onset_s) -> None:
                await lab.quiet(onset_s)
                await lab.speak(0.8)
                await lab.quiet(3)

            llm = FakeLlm([[ANSWER], ["Yes."]])
            setup = Setup(ONE_STATE, ["And when?"], llm=llm, tts=FakeTts(word_times=word_times))
            report, _ = call(setup, scenario)
            kept = report.turns[0].bot
            assert report.turns[0].interrupted
            assert ANSWER.split()[: len(kept.split())] == kept.split()
            # "Sure, that is" takes 0.78 s, the price 1.86 s more.
            assert ("$4.50" in kept) == (onset_s >= 3.0), (onset_s, kept)


def test_the_first_clause_is_spoken_while_the_model_still_writes() -> None:
    llm = FakeLlm([["Sure, ", "I can ", "do ", "that."]], pace=Pace(gap_s=0.5))
    _, leg = call(Setup(ONE_STATE, llm=llm), wait)
    assert leg.of(AudioOut)[0][0] == 0.0, "a second and a half before the model has ended"
    assert leg.of(Caption)[0][1].text == "Sure,"


def test_what_has_nothing_to_say_is_not_given_to_the_voice() -> None:
    setup = Setup(ONE_STATE, llm=FakeLlm([["Fine. __ 😊. Bye."]]))
    call(setup, wait)
    assert setup.tts.spoken == ["Fine.", "Bye."]
