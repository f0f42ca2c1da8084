"""Answers that are begun before the turn is over, in whole calls on the virtual clock."""

import statistics
import sys
from collections.abc import AsyncGenerator, Sequence

import pytest

from flows.actions import ToolSpec
from pipeline.frames.audio import AudioOut
from pipeline.frames.control import UiAction, Waterfall
from pipeline.frames.text import Caption
from pipeline.ports import LlmOptions, LlmUsage, Message, SttResult, ToolCall
from pipeline.report import CallReport
from pipeline.turns.endpointing import ENOUGH_TURNS
from providers.fake.llm import FakeLlm
from providers.fake.pace import Pace
from providers.fake.stt import FakeStt, FakeSttStream
from providers.fake.tts import FakeTts
from providers.fake.vad import FakeEndOfTurn
from tests.support.call_lab import Lab, Setup, TapeLeg, call

CHAT = """
id: chat
version: "1"
initial_state: chat
states:
  chat:
    say: "Hello."
    agent: {prompt: "Chat with the user.", tools: [leave]}
    tools: {leave: {}}
    transitions:
      on_tool_call: {leave: done}
      on_ui_event: {skip: done}
      on_utterance: [{pattern: "tea", target: tea}]
  tea:
    say: "Tea it is. Anything else?"
    transitions: {on_ui_event: {skip: done}}
  done:
    say: "Goodbye."
    transitions: {}
"""
FINAL, FIRST_TOKEN, FIRST_BYTE = Pace(first_s=0.1), Pace(first_s=0.2), Pace(first_s=0.1)


def _setup(*heard: str | SttResult, answers: list[list[str | ToolCall]] | None = None, **more: object) -> Setup:
    llm = FakeLlm(answers or [["I see. ", "Go on."]], pace=FIRST_TOKEN)
    setup = Setup(CHAT, llm=llm, tts=FakeTts(pace=FIRST_BYTE), stt=FakeStt(heard, pace=FINAL))
    for name, value in more.items():
        setattr(setup, name, value)
    return setup


def _llm(setup: Setup) -> FakeLlm:
    assert isinstance(setup.llm, FakeLlm)
    return setup.llm


async def _one_turn(lab: Lab, seconds: float = 1.5) -> None:
    await lab.until_listening()
    await lab.speak(seconds)
    await lab.quiet(6)


def _gap_ms(report: CallReport) -> float:
    gap_ms = report.turns[1].gap_ms
    assert gap_ms is not None
    return gap_ms


def _first_word_s(leg: TapeLeg) -> float:
    return next(at_s for at_s, frame in leg.of(AudioOut) if frame.generation == 2)


def test_an_answer_is_ready_when_the_turn_is_over() -> None:
    setup = _setup("What time is it?")
    report, leg = call(setup, _one_turn)
    assert _gap_ms(report) == pytest.approx(700, abs=30), "as soon as any answer is heard, though its models need 400"
    assert len(_llm(setup).requests) == 1
    assert setup.tts.spoken == ["Hello.", "I see.", "Go on."]
    waterfall = leg.of(Waterfall)[1][1]
    assert waterfall.saved_ms is not None
    assert waterfall.saved_ms == report.turns[1].saved_ms == pytest.approx(300, abs=5), "all that both models need"


def test_an_answer_that_was_not_begun_early_saves_nothing() -> None:
    setup = _setup("What time is it", stt=FakeStt(["It is about the"], pace=FINAL))
    report, _ = call(setup, _one_turn)
    assert report.turns[1].saved_ms is None


def test_nothing_of_a_guess_is_seen_or_heard_before_the_turn_is_over() -> None:
    setup = _setup("What time is it?", end_of_turn=FakeEndOfTurn(0.1))
    report, leg = call(setup, _one_turn)
    assert _gap_ms(report) == pytest.approx(900, abs=25), "ready, and held until the ceiling"
    over_s = min(at_s for at_s, frame in leg.of(Caption) if frame.role == "user" and frame.is_final)
    assert _first_word_s(leg) == pytest.approx(over_s, abs=0.002)
    assert min(at_s for at_s, frame in leg.of(Caption) if frame.text.startswith("I see")) >= over_s


def test_a_caller_who_goes_on_hears_only_the_answer_to_all_of_it() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.5)
        await lab.quiet(0.34)
        await lab.speak(0.6)
        await lab.quiet(6)

    setup = _setup(SttResult("What time is it in London"), end_of_turn=FakeEndOfTurn(0.1, 0.9))
    report, leg = call(setup, scenario)
    requests = _llm(setup).requests
    assert [turn.caller for turn in report.turns] == ["", "What time is it in London"]
    assert len(requests) <= 3, "two guesses at most"
    assert requests[-1].messages[-1].content == "What time is it in London"
    assert {frame.generation for _, frame in leg.of(AudioOut)} == {1, 2}
    assert leg.captions("assistant") == ["Hello.", "I see. Go on."]


def test_a_tool_of_a_guess_runs_when_the_turn_is_over_and_once() -> None:
    setup = _setup("Goodbye then.", answers=[[ToolCall("1", "leave", {})]], end_of_turn=FakeEndOfTurn(0.1))
    report, leg = call(setup, _one_turn)
    over_s = min(at_s for at_s, frame in leg.of(Caption) if frame.role == "user" and frame.is_final)
    assert report.turns[-1].bot == "Goodbye."
    assert report.completed
    assert _first_word_s(leg) == pytest.approx(over_s + 0.1, abs=0.01), "the call was known, its sentence was not"
    assert len(_llm(setup).requests) == 1


def test_a_tool_of_a_guess_that_is_dropped_never_runs() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.5)
        await lab.quiet(0.6)
        await lab.speak(0.6)
        await lab.quiet(6)

    setup = _setup(
        "Goodbye then.", answers=[[ToolCall("1", "leave", {})], ["All right."]], end_of_turn=FakeEndOfTurn(0.1)
    )
    setup.stt = FakeStt(["Goodbye then."], pace=FINAL, partial_pace=Pace(fail_after=0))
    report, _ = call(setup, scenario)
    assert not report.completed
    assert report.turns[1].bot == "All right."


def test_a_fixed_line_is_spoken_ahead_without_a_model() -> None:
    setup = _setup("Some tea please.")
    report, _ = call(setup, _one_turn)
    assert report.turns[1].bot == "Tea it is. Anything else?"
    assert _gap_ms(report) == pytest.approx(700, abs=30)
    assert _llm(setup).requests == []
    assert setup.tts.spoken.count("Tea it is.") == 1


def test_only_the_first_sentence_is_spoken_ahead() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.5)
        await lab.quiet(0.8)

    setup = _setup("Some tea please.", end_of_turn=FakeEndOfTurn(0.1))
    call(setup, scenario)
    assert setup.tts.spoken == ["Hello.", "Tea it is."]


def test_a_guess_whose_model_fails_costs_the_turn_nothing() -> None:
    class FailsOnce(FakeLlm):
        async def stream(
            self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: LlmOptions
        ) -> AsyncGenerator[str | ToolCall | LlmUsage, None]:
            self._pace = FIRST_TOKEN if self.requests else Pace(fail_after=0)
            async for piece in super().stream(messages, tools, options):
                yield piece

    setup = _setup("What time is it?", llm=FailsOnce([["I see. ", "Go on."]]))
    report, _ = call(setup, _one_turn)
    assert report.turns[1].bot == "I see. Go on."
    assert report.turns[1].failures == ()


def test_a_guess_is_not_used_for_other_words() -> None:
    class Improves(FakeSttStream):
        async def partial(self) -> SttResult:
            return SttResult("What time is it?")

    class Improving(FakeStt):
        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await super().open(language, rate_hz)
            return Improves(self, language, rate_hz)

    setup = _setup(stt=Improving(["What time is it now?"], pace=FINAL))
    report, _ = call(setup, _one_turn)
    assert _llm(setup).requests[-1].messages[-1].content == "What time is it now?"
    assert _llm(setup).requests[0].messages[-1].content == "What time is it?"
    assert report.turns[1].bot == "I see. Go on."


def test_a_tap_drops_the_guess() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.5)
        await lab.quiet(0.5)
        lab.call.receive(UiAction("skip"))
        await lab.quiet(6)

    setup = _setup("What time is it?", end_of_turn=FakeEndOfTurn(0.1))
    report, _ = call(setup, scenario)
    assert [turn.bot for turn in report.turns] == ["Hello.", "Goodbye."]
    assert _llm(setup).cancelled <= 1


def test_the_end_of_a_call_frees_a_guess() -> None:
    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        await lab.speak(1.5)
        await lab.quiet(0.3)

    setup = _setup("What time is it?", end_of_turn=FakeEndOfTurn(0.1))
    setup.llm = FakeLlm([["Well. "] * 100], pace=Pace(first_s=0.1, gap_s=0.2))
    call(setup, scenario)
    assert setup.llm.cancelled == 1


@pytest.mark.parametrize(("final_s", "finals"), [(0.1, 6), (0.6, 3)])
def test_a_recogniser_that_is_slow_is_not_asked_in_every_breath(final_s: float, finals: int) -> None:
    class Counting(FakeStt):
        finals = 0

        async def open(self, language: str, rate_hz: int = 16_000) -> FakeSttStream:
            await super().open(language, rate_hz)
            return CountingStream(self, language, rate_hz)

    class CountingStream(FakeSttStream):
        async def finalize(self) -> SttResult:
            stt.finals += 1
            return await super().finalize()

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        for _ in range(2):
            for _ in range(3):
                await lab.speak(0.4)
                await lab.quiet(0.1)
            await lab.speak(0.4)
            await lab.quiet(6)

    stt = Counting(["One two three.", "Four five six."], pace=Pace(first_s=final_s))
    report, _ = call(_setup(stt=stt), scenario)
    assert [turn.caller for turn in report.turns if turn.caller] == ["One two three.", "Four five six."]
    assert stt.finals == finals, "one breath, and an end that shows how quick it is"


@pytest.mark.parametrize("pause_s", [0.0, 0.1, 0.34])
def test_models_are_asked_at_most_135_times_in_100_turns(pause_s: float) -> None:
    """Whatever the caller does: here each turn has a pause, and looks finished in it."""
    turns = 30

    async def scenario(lab: Lab) -> None:
        await lab.until_listening()
        for _ in range(turns):
            await lab.speak(1.5)
            if pause_s:
                await lab.quiet(pause_s)
                await lab.speak(0.5)
            await lab.quiet(2)

    setup = _setup(*["What time is it?"] * turns, answers=[["Yes."]], end_of_turn=FakeEndOfTurn(0.9))
    setup.stt = Growing(2 * turns) if pause_s else setup.stt  # a turn that is taken back is read twice
    report, _ = call(setup, scenario)
    said = sum(1 for turn in report.turns if turn.caller)
    assert said >= turns
    assert len(_llm(setup).requests) <= 1.35 * said + 1
    if not pause_s:
        assert len(_llm(setup).requests) == said


class Growing(FakeStt):
    """Hears something else at each final reading, though it always looks finished."""

    def __init__(self, turns: int) -> None:
        super().__init__([f"Number {turn} is it?" for turn in range(turns)], pace=FINAL)


def test_the_gap_with_paced_models_is_within_its_target() -> None:
    """STT 100 ms, LLM 200 ms, TTS 100 ms; turns of one to eight words, said in their time."""
    phrases = ["Yes.", "No thanks.", "At half past.", "What time is it?", "I would like some coffee.",
               "Can you book it for me?", "My number is two nine three.", "We came here by train today."]  # fmt: skip
    gaps_ms, known_ms, requests, turns = [], [], 0, 0
    for shift in range(8):

        async def scenario(lab: Lab, shift: int = shift) -> None:
            await lab.until_listening()
            for phrase in phrases:
                await lab.speak(len(phrase.split()) / 3 + 0.02 * shift)
                await lab.quiet(2)

        setup = _setup(*phrases, answers=[["Yes."]])
        report, _ = call(setup, scenario)
        gaps_ms += [turn.gap_ms for turn in report.turns[1:] if turn.gap_ms is not None]
        known_ms += [turn.gap_ms for turn in report.turns[1 + ENOUGH_TURNS :] if turn.gap_ms is not None]
        requests += len(_llm(setup).requests)
        turns += len(report.turns) - 1
    p50, p95 = statistics.median(gaps_ms), statistics.quantiles(gaps_ms, n=20)[-1]
    sys.stdout.write(f"voice to voice, n={len(gaps_ms)}: p50 {p50:.0f} ms, p95 {p95:.0f} ms; ")
    sys.stdout.write(f"model calls a turn: {requests / turns:.2f}\n")
    assert p50 <= 350
    assert p95 <= 730, "a few words of a caller of whom nothing is known are waited for"
    assert statistics.quantiles(known_ms, n=20)[-1] <= 600
    assert requests <= 1.35 * turns
