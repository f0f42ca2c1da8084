"""When things were said in a call and what failed in it, as its report has them, on the virtual clock."""

import asyncio

import numpy as np
import numpy.typing as npt
import pytest

from pipeline.report import TurnReport
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn, FakeVad
from tests.support.call_lab import Lab, Setup, call

FLOW = """
id: greeting
version: "1"
initial_state: ask
states:
  ask:
    say: "What is your name?"
    agent: {tools: [save]}
    tools:
      save: {parameters: {full_name: {type: string, required: true, recognise: name}}}
    transitions:
      on_tool_call: {save: done}
  done:
    say: "Thank you and goodbye."
    transitions: {}
"""
CHAT = """
id: chat
version: "1"
initial_state: chat
states:
  chat:
    agent: {prompt: "Chat with the user."}
    transitions: {}
"""
NAME = "My name is Ada Lovelace."


class LateVad(FakeVad):
    """Goes on hearing a voice for three windows (96 ms) after its end."""

    def run(
        self, windows: npt.NDArray[np.float32], states: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        loud, _ = super().run(windows, states)
        left = np.where(loud[:, None] > 0, 4.0, np.maximum(states - 1, 0)).astype(np.float32)
        return (left[:, 0] > 0).astype(np.float32), left


async def _answer(lab: Lab) -> None:
    await lab.until_listening()
    await lab.speak(1.0)
    await lab.quiet(6)


def _turns(setup: Setup) -> tuple[TurnReport, ...]:
    return call(setup, _answer)[0].turns


def test_turns_are_placed_in_the_call() -> None:
    greeting, answer = _turns(Setup(FLOW, [NAME]))
    assert (greeting.at_s, greeting.caller_s) == (0.0, None)
    assert greeting.bot_s == pytest.approx(0.06 * len("What is your name?"), abs=0.02)
    assert greeting.bot_s is not None
    assert answer.at_s == pytest.approx(greeting.bot_s + 1.0, abs=0.05)
    assert answer.caller_s == pytest.approx(1.0, abs=0.04)
    assert answer.bot_s == pytest.approx(0.06 * len("Thank you and goodbye."), abs=0.02)


def test_a_late_detector_costs_time_that_the_report_shows() -> None:
    _, prompt = _turns(Setup(FLOW, [NAME]))
    _, late = _turns(Setup(FLOW, [NAME], vad=LateVad()))
    assert prompt.gap_ms is not None
    assert late.gap_ms == pytest.approx(prompt.gap_ms + 96, abs=20), "windows of 32 ms, frames of 20 ms"
    assert late.at_s == pytest.approx(prompt.at_s, abs=0.001)


def test_a_microphone_that_goes_off_in_mid_word_ends_the_voice_there() -> None:
    async def go_off(lab: Lab) -> None:
        await _answer(lab)
        await lab.speak(1.0)
        await asyncio.sleep(20)

    report, _ = call(Setup(CHAT, ["One.", "Two."], llm=FakeLlm([["Go on."], ["I see."], ["Yes."]])), go_off)
    first, second = (turn for turn in report.turns if turn.caller)
    assert first.at_s is not None
    assert second.at_s == pytest.approx(first.at_s + 7.0, abs=0.03)
    assert second.caller_s == pytest.approx(1.0, abs=0.04)


def test_an_interrupted_answer_lasts_until_it_was_silenced() -> None:
    async def interrupt(lab: Lab) -> None:
        await lab.quiet(0.6)
        await lab.speak(1.0)
        await lab.quiet(6)

    report, _ = call(Setup(FLOW, [NAME]), interrupt)
    assert report.turns[0].interrupted
    assert report.turns[0].bot_s == pytest.approx(0.6 + 0.08, abs=0.03), "it paused once a voice was likely"
    assert report.turns[1].at_s == pytest.approx(1.6, abs=0.03)


@pytest.mark.parametrize("pace", [Pace(fail_after=0), Pace(stall_after=0)])
def test_a_recogniser_that_fails_or_stalls_is_in_the_report(pace: Pace) -> None:
    async def wait(lab: Lab) -> None:
        await _answer(lab)
        await lab.quiet(6)

    report, _ = call(Setup(FLOW, stt=FakeStt([NAME], pace=pace)), wait)
    assert [turn.failures for turn in report.turns] == [(), ("stt",)]


def test_a_broken_end_of_turn_model_is_in_the_report() -> None:
    turns = _turns(Setup(FLOW, [NAME], end_of_turn=FakeEndOfTurn(pace=Pace(fail_after=0))))
    assert [turn.failures for turn in turns] == [(), ("end_of_turn",)]


def test_a_broken_voice_is_in_the_report_although_nothing_was_heard() -> None:
    async def wait(lab: Lab) -> None:
        await lab.quiet(5)

    report, _ = call(Setup(FLOW, tts=FakeTts(pace=Pace(fail_after=0))), wait)
    assert report.turns[0].failures == ("tts",)
    assert report.turns[0].gap_ms is None


@pytest.mark.parametrize("llm", [FakeLlm([["Hi."]], pace=Pace(fail_after=0)), FakeLlm([[]])])
def test_a_model_of_no_use_is_in_the_report_once(llm: FakeLlm) -> None:
    async def wait(lab: Lab) -> None:
        await lab.quiet(5)

    report, _ = call(Setup(CHAT, llm=llm), wait)
    assert [failure for turn in report.turns for failure in turn.failures] == ["llm"]
